using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Import;

/// <inheritdoc cref="IModelUpload"/>
internal sealed class ModelUpload(ImportJob job, long total, Func<ImportJob, ModelImport> run) : IModelUpload
{
    private readonly List<ImportFile> _files = [];
    private Error? _refused;
    private long _received;
    private bool _completed;

    public async Task<Result<Unit>> AddAsync(string fileName, Stream content, CancellationToken cancellationToken)
    {
        if (!ModelFiles.IsKnown(fileName) || _files.Any(file => file.Name == fileName))
        {
            return _refused = ImportErrors.ForeignFile(fileName);
        }

        if (ModelFiles.IsPart(fileName))
        {
            return _refused = ImportErrors.InParts(fileName);
        }

        using var any = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, job.Cancelled);
        var target = Path.Combine(job.Folder.Files, fileName);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var before = _received;
        job.Report(_received, total);
        await ImportJob.ReceiveAsync(content, target, bytes => job.Report(_received = before + bytes, total), any.Token);
        _files.Add(new ImportFile(fileName, ""));
        return default(Unit);
    }

    public Result<ModelImport> Complete()
    {
        if (_files.Count == 0)
        {
            return ImportErrors.NoModel();
        }

        _completed = true;
        job.Write(job.Record with { State = ImportState.Verifying, Files = _files, Bytes = _received });
        return run(job);
    }

    public ValueTask DisposeAsync()
    {
        if (!_completed)
        {
            var wasCancelled = job.Cancelled.IsCancellationRequested;
            job.Abandon(wasCancelled ? ImportState.Cancelled : ImportState.Failed, wasCancelled ? null : _refused ?? ImportErrors.CutOff());
        }

        return ValueTask.CompletedTask;
    }
}
