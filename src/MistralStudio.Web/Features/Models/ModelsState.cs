using System.Collections.Concurrent;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Models;

/// <summary>The models on this machine, what they take of its memory, and their loading and unloading.</summary>
public sealed class ModelsState(IModelHost host, Caller caller, TimeProvider time)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Error> _errors = [];
    private readonly ConcurrentDictionary<string, bool> _busy = [];

    /// <summary>Installed models by name.</summary>
    public IReadOnlyList<InstalledModel> Models { get; private set; } = [];

    /// <summary>Part of the names looked for; empty for all.</summary>
    public string Search { get; set; } = "";

    /// <summary>The models that the search leaves.</summary>
    public IEnumerable<InstalledModel> Shown => Models.Where(model =>
        model.Name.Contains(Search.Trim(), StringComparison.CurrentCultureIgnoreCase) || model.Id.Contains(Search.Trim(), StringComparison.OrdinalIgnoreCase));

    /// <summary>Memory of all loaded models, bytes.</summary>
    public long MemoryBytes => Models.Sum(model => model.MemoryBytes);

    /// <summary>True where the caller may load and unload.</summary>
    public bool MayManage => caller.May(Permissions.ModelsManage);

    /// <summary>The chat model that the product brings along, while it is the only one; null once there is another.</summary>
    public InstalledModel? OnlyStarter => Models.Where(model => model.Task == ModelTask.Chat).ToList() is [{ IsStarter: true } only] ? only : null;

    /// <summary>Why a command on a model failed; null where it did not.</summary>
    public Error? ErrorOf(InstalledModel model) => _errors.GetValueOrDefault(model.Id) ?? (model.State == ModelState.Failed ? model.Error : null);

    /// <summary>True while a model is on its way into or out of memory.</summary>
    public bool IsBusy(InstalledModel model) => model.State == ModelState.Loading || _busy.ContainsKey(model.Id);

    /// <summary>Reads what is installed; true where it differs from before.</summary>
    public bool Refresh()
    {
        var now = host.List().OrderBy(model => model.Task).ThenBy(model => model.Name, StringComparer.CurrentCulture).ToList();
        var changed = !now.SequenceEqual(Models);
        Models = now;
        return changed;
    }

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
    public Task LoadAsync(InstalledModel model, CancellationToken cancellationToken) => DoAsync(model, () => host.LoadAsync(model.Id, cancellationToken));

    /// <summary>Frees a model's memory once nothing uses it.</summary>
    public Task UnloadAsync(InstalledModel model, CancellationToken cancellationToken) => DoAsync(model, () => host.UnloadAsync(model.Id, cancellationToken));

    private async Task DoAsync(InstalledModel model, Func<Task<Result<InstalledModel>>> command)
    {
        _errors.TryRemove(model.Id, out _);
        if (!MayManage)
        {
            _errors[model.Id] = new("model.not_yours", "Your role uses models but does not load or unload them.", "Ask an owner or admin of the workspace.");
            return;
        }

        if (!_busy.TryAdd(model.Id, true))
        {
            return;
        }

        try
        {
            if ((await command()).Error is { } error)
            {
                _errors[model.Id] = error;
            }
        }
        finally
        {
            _busy.TryRemove(model.Id, out _);
            Refresh();
        }
    }
}
