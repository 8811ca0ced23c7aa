using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Import;

/// <inheritdoc cref="IModelLibrary"/>
internal sealed class ModelLibrary : IModelLibrary, IAsyncDisposable
{
    private const int MostEnded = 20;
    private const long SpareBytes = 64 << 20;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(250);

    private readonly ModelHost _host;
    private readonly DataModels _models;
    private readonly InferenceOptions _options;
    private readonly Catalogue _catalogue;
    private readonly IModelUses? _uses;
    private readonly TimeProvider _time;
    private readonly ImportSite _site;
    private readonly ConcurrentDictionary<string, ImportJob> _jobs = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _starting = new();

    /// <param name="download">Null where nothing may be fetched from the web.</param>
    /// <param name="uses">Null where nothing names models.</param>
    public ModelLibrary(
        ModelHost host, DataModels models, IOptions<InferenceOptions> options, TimeProvider time, ILogger<ModelLibrary> log, IModelDownload? download = null, IModelUses? uses = null)
    {
        (_host, _models, _options, _uses, _time) = (host, models, options.Value, uses, time);
        _catalogue = new Catalogue(options);
        _site = new(models, _options, download, FindRoom, time, log);
    }

    public Result<IReadOnlyList<CatalogueModel>> Catalogue() => _catalogue.Read();

    public IReadOnlyList<FoundModel> Scan() => FolderScan.Run(_options.ModelFolders, id => _host.Find(id) is not null);

    public IReadOnlyList<ModelImport> Imports() =>
    [
        .. ImportFolder.All(_models)
            .Select(folder => _jobs.TryGetValue(Path.GetFileName(folder.Path), out var job) ? job.Info : folder.Read() is { } record ? ImportJob.Show(record) : null)
            .OfType<ModelImport>()
            .OrderByDescending(import => import.StartedAt),
    ];

    public async Task<Result<ModelImport>> StartAsync(ModelSource source, WorkspaceId? workspace, CancellationToken cancellationToken)
    {
        // A path may lie on a disk that has to wake up.
        var plan = await Task.Run(() => ImportPlan.Make(source, _catalogue, workspace, _time.GetUtcNow()), cancellationToken);
        return plan.IsSuccess ? Begin(plan.Value).Match<Result<ModelImport>>(job => Run(job), error => error) : plan.Error;
    }

    public Result<IModelUpload> BeginUpload(string name, string? id, long bytes, WorkspaceId workspace)
    {
        var record = ModelFiles.IsPart(name) ? ImportErrors.InParts(name) : ImportPlan.Empty(ImportKind.Upload, name, id, name);
        if (!record.IsSuccess)
        {
            return record.Error;
        }

        var begun = Begin(record.Value with { Workspace = workspace, StartedAt = _time.GetUtcNow(), Bytes = bytes });
        return begun.IsSuccess ? Result<IModelUpload>.Success(new ModelUpload(begun.Value, bytes, job => Run(job))) : begun.Error;
    }

    public async Task<Result<ModelImport>> RetryAsync(string import, CancellationToken cancellationToken)
    {
        if (Find(import) is not { } folder || folder.Read() is not { } record || !ImportJob.Show(record).MayRetry)
        {
            return ImportErrors.NotFound();
        }

        if (_jobs.TryGetValue(import, out var before))
        {
            await before.Ended.WaitAsync(cancellationToken);
        }

        var begun = Begin(record with { State = ImportState.Transferring, Error = null, EndedAt = null });
        return begun.IsSuccess ? Run(begun.Value) : begun.Error;
    }

    public async Task<Result<Unit>> CancelAsync(string import, CancellationToken cancellationToken)
    {
        if (Find(import) is not { } folder)
        {
            return ImportErrors.NotFound();
        }

        if (_jobs.TryGetValue(import, out var job) && job.Record.IsRunning)
        {
            await job.CancelAsync();
            await job.Ended.WaitAsync(cancellationToken);
            return default(Unit);
        }

        using (var mine = folder.TryTake())
        {
            if (mine is null)
            {
                return ImportErrors.Elsewhere();
            }

            _jobs.TryRemove(import, out _);
            folder.Remove();
        }

        return default(Unit);
    }

    public async Task<ModelImport> WaitAsync(string import, Action<ModelImport>? progress, CancellationToken cancellationToken)
    {
        var job = _jobs[import];
        while (!job.Ended.IsCompleted)
        {
            await Task.WhenAny(job.Ended, Task.Delay(s_tick, _time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Invoke(job.Info);
        }

        return job.Info;
    }

    public async Task<Result<Unit>> RemoveAsync(string model, WorkspaceId? asker, CancellationToken cancellationToken)
    {
        if (_host.Find(model) is not { } found)
        {
            return ModelErrors.NotFound(model, _host.List().Select(other => other.Id));
        }

        if (found.IsStarter)
        {
            return ImportErrors.ReadOnly(model);
        }

        List<string> where = _options.KeepWarm.Contains(model) ? ["the setting Inference:KeepWarm"] : [];
        if (_uses is not null)
        {
            where.AddRange(Describe(await _uses.ListAsync(model, cancellationToken), asker));
        }

        if (where.Count > 0)
        {
            return ImportErrors.InUse(model, where);
        }

        var withdrawn = await _host.WithdrawAsync(model, folder => Delete(model, folder), cancellationToken);
        return withdrawn.IsSuccess ? default(Unit) : withdrawn.Error;
    }

    /// <summary>Goes on with what the last process left, and clears away what cannot go on.</summary>
    internal void Resume()
    {
        foreach (var folder in ImportFolder.All(_models).ToList())
        {
            if (folder.TryTake() is not { } held)
            {
                continue;
            }

            if (folder.Read() is not { } record)
            {
                held.Dispose();
                folder.Remove();
                continue;
            }

            if (!record.IsRunning)
            {
                held.Dispose();
                continue;
            }

            var job = new ImportJob(folder, record, held, _site);
            _jobs[record.Id] = job;
            if (record is { Kind: ImportKind.Upload, State: ImportState.Transferring })
            {
                job.Abandon(ImportState.Failed, ImportErrors.CutOff());
            }
            else
            {
                Run(job);
            }
        }
    }

    /// <summary>Lets running imports write down where they are and end.</summary>
    internal async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_jobs.Values.Where(job => job.Record is { IsRunning: true, Kind: not ImportKind.Upload }).Select(job => job.Ended));
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private static IEnumerable<string> Describe(IReadOnlyList<ModelUsage> uses, WorkspaceId? asker)
    {
        foreach (var use in uses.Where(use => asker is null || use.Workspace == asker).DistinctBy(use => (use.Kind, use.Name)))
        {
            yield return use.Kind switch
            {
                ModelUsageKind.App => $"the app \"{use.Name}\"",
                ModelUsageKind.KnowledgeBase => $"the knowledge base \"{use.Name}\"",
                _ => "the workspace's defaults",
            };
        }

        var others = uses.Where(use => asker is not null && use.Workspace != asker).Select(use => use.Workspace).Distinct().Count();
        if (others > 0)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{others} other workspace{(others == 1 ? "" : "s")}");
        }
    }

    private Result<ImportJob> Begin(ImportRecord record)
    {
        if (_host.Find(record.Model) is not null)
        {
            return ImportErrors.IdTaken(record.Model);
        }

        lock (_starting)
        {
            if (_jobs.Values.Any(job => job.Record.IsRunning && job.Record.Model == record.Model))
            {
                return ImportErrors.Running(record.Model);
            }

            if (record.Bytes > _options.MaxModelBytes)
            {
                return ImportErrors.TooLarge(record.Bytes.Value, _options.MaxModelBytes);
            }

            if (!record.Link && FindRoom(null, record.Bytes ?? 0) is { } tight)
            {
                return tight;
            }

            ForgetOldest();
            var folder = ImportFolder.Of(_models, record.Id);
            if (folder.TryTake() is not { } held)
            {
                return ImportErrors.Elsewhere();
            }

            folder.Write(record);
            return _jobs[record.Id] = new ImportJob(folder, record, held, _site);
        }
    }

    private ModelImport Run(ImportJob job)
    {
        _ = Task.Run(() => job.RunAsync(_stopping.Token));
        return job.Info;
    }

    private ImportFolder? Find(string import) =>
        Guid.TryParseExact(import, "N", out _) && ImportFolder.Of(_models, import) is var folder && Directory.Exists(folder.Path) ? folder : null;

    private void ForgetOldest()
    {
        foreach (var old in Imports().Where(import => !import.IsRunning).Skip(MostEnded - 1))
        {
            _jobs.TryRemove(old.Id, out _);
            ImportFolder.Of(_models, old.Id).Remove();
        }
    }

    private Error? FindRoom(ImportJob? asking, long bytes)
    {
        Directory.CreateDirectory(_models.Path);
        var free = new DriveInfo(_models.Path).AvailableFreeSpace;
        var promised = _jobs.Values.Where(job => job != asking && job.Record.IsRunning).Sum(job => job.Remaining);
        return bytes + SpareBytes > free - promised ? ImportErrors.DiskFull(bytes, Math.Max(0, free - promised)) : null;
    }

    private Error? Delete(string model, ModelFolder folder)
    {
        try
        {
            // Locked while another process has it in memory.
            using (new FileStream(folder.File, FileMode.Open, FileAccess.Read, FileShare.None))
            {
            }
        }
        catch (FileNotFoundException)
        {
            // a link whose file is gone
        }
        catch (IOException)
        {
            return ImportErrors.LoadedElsewhere(model);
        }

        // Off the shelf by one rename: a process that dies here leaves no half model.
        var away = ImportFolder.Of(_models, Guid.CreateVersion7().ToString("N"));
        try
        {
            Directory.CreateDirectory(ImportFolder.RootOf(_models));
            Directory.Move(folder.Path, away.Path);
            away.Remove();
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return ImportErrors.Unreadable(failure.Message.TrimEnd('.'));
        }
    }
}
