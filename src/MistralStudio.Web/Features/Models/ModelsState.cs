using System.Collections.Concurrent;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Models;

/// <summary>The models on this machine, what they take of its memory, how fast they are, and what is on its way here.</summary>
public sealed class ModelsState(
    IModelHost host, IModelLibrary library, IModelSpeeds speeds, IDefaultModels defaults, IModelAudit audit, Caller caller, TimeProvider time)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Error> _errors = [];
    private readonly ConcurrentDictionary<string, bool> _busy = [];
    private Dictionary<string, long> _answered = [];
    private long _countedAt;

    /// <summary>Installed models by name.</summary>
    public IReadOnlyList<InstalledModel> Models { get; private set; } = [];

    /// <summary>Imports that run or failed, newest first; those that are done are models now.</summary>
    public IReadOnlyList<ModelImport> Imports { get; private set; } = [];

    /// <summary>The workspace's choices by task.</summary>
    public IReadOnlyDictionary<ModelTask, string> Defaults { get; private set; } = new Dictionary<ModelTask, string>();

    /// <summary>Requests that ended in the last second, by model.</summary>
    public IReadOnlyDictionary<string, double> RequestsPerSecond { get; private set; } = new Dictionary<string, double>();

    /// <summary>Part of the names looked for; empty for all.</summary>
    public string Search { get; set; } = "";

    /// <summary>The models that the search leaves.</summary>
    public IEnumerable<InstalledModel> Shown => Models.Where(model =>
        model.Name.Contains(Search.Trim(), StringComparison.CurrentCultureIgnoreCase) || model.Id.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <summary>Memory of all loaded models, bytes.</summary>
    public long MemoryBytes => Models.Sum(model => model.MemoryBytes);

    /// <summary>True where the caller may import, load, unload and remove.</summary>
    public bool MayManage => caller.May(Permissions.ModelsManage);

    /// <summary>The chat model that the product brings along, while it is the only one; null once there is another.</summary>
    public InstalledModel? OnlyStarter => Models.Where(model => model.Task == ModelTask.Chat).ToList() is [{ IsStarter: true } only] ? only : null;

    /// <summary>Why a command on a model or an import failed; null where it did not.</summary>
    public Error? ErrorOf(string id) => _errors.GetValueOrDefault(id);

    /// <summary>Why a command on a model failed, or the model itself; null where nothing did.</summary>
    public Error? ErrorOf(InstalledModel model) => ErrorOf(model.Id) ?? (model.State == ModelState.Failed ? model.Error : null);

    /// <summary>True while a model is on its way into or out of memory.</summary>
    public bool IsBusy(InstalledModel model) => model.State == ModelState.Loading || _busy.ContainsKey(model.Id);

    /// <summary>True while a model is being measured.</summary>
    public bool IsMeasuring(InstalledModel model) => speeds.IsMeasuring(model.Id);

    /// <summary>The last measurement of a model.</summary>
    public ModelSpeed? SpeedOf(InstalledModel model) => speeds.Find(model.Id);

    /// <summary>Reads what is here and on its way; true where it differs from before.</summary>
    public bool Refresh()
    {
        var now = host.List().OrderBy(model => model.Task).ThenBy(model => model.Name, StringComparer.CurrentCulture).ToList();
        var imports = library.Imports().Where(import => import.IsRunning || import.State == ImportState.Failed).ToList();
        var changed = !now.SequenceEqual(Models) || !imports.SequenceEqual(Imports);
        (Models, Imports) = (now, imports);
        return CountRequests() || changed;
    }

    /// <summary>Reads the workspace's choices.</summary>
    public async Task LoadDefaultsAsync(CancellationToken cancellationToken) => Defaults = await defaults.ListAsync(caller.Workspace, cancellationToken);

    /// <summary>Reads again every second; calls <paramref name="changed"/> when the page has to show it.</summary>
    public async Task WatchAsync(Func<Task> changed, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(s_pause, time, cancellationToken);
            if (Refresh())
            {
                await changed();
            }
        }
    }

    /// <summary>Brings a model into memory.</summary>
    public Task LoadAsync(InstalledModel model, CancellationToken cancellationToken) => DoAsync(model.Id, async () => (await host.LoadAsync(model.Id, cancellationToken)).Error);

    /// <summary>Frees a model's memory once nothing uses it.</summary>
    public Task UnloadAsync(InstalledModel model, CancellationToken cancellationToken) => DoAsync(model.Id, async () => (await host.UnloadAsync(model.Id, cancellationToken)).Error);

    /// <summary>Measures a model, about ten seconds.</summary>
    public Task MeasureAsync(InstalledModel model, CancellationToken cancellationToken) => DoAsync(model.Id, async () => (await speeds.MeasureAsync(model.Id, cancellationToken)).Error);

    /// <summary>Removes a model's files.</summary>
    public Task RemoveAsync(InstalledModel model, CancellationToken cancellationToken) => DoAsync(model.Id, async () =>
    {
        var removed = await library.RemoveAsync(model.Id, caller.Workspace, cancellationToken);
        if (removed.IsSuccess)
        {
            await audit.AppendAsync(caller.Workspace, caller.User, "model.removed", model.Id, "", CancellationToken.None);
        }

        return removed.Error;
    });

    /// <summary>Begins an import; the error says why it does not begin.</summary>
    public async Task<Error?> ImportAsync(ModelSource source, CancellationToken cancellationToken)
    {
        if (!MayManage)
        {
            return NotYours();
        }

        var started = await library.StartAsync(source, caller.Workspace, cancellationToken);
        if (started.IsSuccess)
        {
            await audit.AppendAsync(caller.Workspace, caller.User, "model.imported", started.Value.Model, started.Value.Source, CancellationToken.None);
        }

        Refresh();
        return started.Error;
    }

    /// <summary>Stops a running import, takes an ended one off the list.</summary>
    public Task CancelAsync(ModelImport import, CancellationToken cancellationToken) => DoAsync(import.Id, async () => (await library.CancelAsync(import.Id, cancellationToken)).Error);

    /// <summary>Begins a failed import again.</summary>
    public Task RetryAsync(ModelImport import, CancellationToken cancellationToken) => DoAsync(import.Id, async () => (await library.RetryAsync(import.Id, cancellationToken)).Error);

    /// <summary>Chooses the workspace's default model for a task; null takes the choice back.</summary>
    public async Task ChooseAsync(ModelTask task, string? model, CancellationToken cancellationToken)
    {
        if (MayManage)
        {
            await defaults.SetAsync(caller.Workspace, task, model, caller.User, cancellationToken);
            await LoadDefaultsAsync(cancellationToken);
        }
    }

    private static Error NotYours() => new("model.not_yours", "Your role uses models but does not change what is here.", "Ask an owner or admin of the workspace.");

    private bool CountRequests()
    {
        var now = time.GetTimestamp();
        var seconds = _countedAt == 0 ? 0 : time.GetElapsedTime(_countedAt, now).TotalSeconds;
        Dictionary<string, double> rates = [];
        foreach (var model in Models)
        {
            var ended = model.AnsweredRequests - _answered.GetValueOrDefault(model.Id, model.AnsweredRequests);
            if (seconds > 0 && ended > 0)
            {
                rates[model.Id] = ended / seconds;
            }
        }

        var changed = rates.Count + RequestsPerSecond.Count > 0;
        (RequestsPerSecond, _countedAt, _answered) = (rates, now, Models.ToDictionary(model => model.Id, model => model.AnsweredRequests, StringComparer.Ordinal));
        return changed;
    }

    private async Task DoAsync(string id, Func<Task<Error?>> command)
    {
        _errors.TryRemove(id, out _);
        if (!MayManage)
        {
            _errors[id] = NotYours();
            return;
        }

        if (!_busy.TryAdd(id, true))
        {
            return;
        }

        try
        {
            if (await command() is { } error)
            {
                _errors[id] = error;
            }
        }
        finally
        {
            _busy.TryRemove(id, out _);
            Refresh();
        }
    }
}
