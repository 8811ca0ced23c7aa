using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Import;

/// <summary>What an import needs of its surroundings.</summary>
/// <param name="FindRoom">Why a model of so many bytes more does not fit; null where it does.</param>
internal sealed record ImportSite(
    DataModels Models, InferenceOptions Options, IModelDownload? Download, Func<ImportJob, long, Error?> FindRoom, TimeProvider Time, ILogger Log);

/// <summary>One import at work: brings the files, verifies, checks, and puts the model in its place by one rename.</summary>
internal sealed class ImportJob(ImportFolder folder, ImportRecord record, IDisposable held, ImportSite site)
{
    private const int Buffer = 1 << 20;

    private readonly TransferRate _rate = new(site.Time);
    private readonly CancellationTokenSource _cancelled = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ImportRecord _record = record;

    public ImportRecord Record => _record;

    public ImportFolder Folder => folder;

    /// <summary>Cancelled when a person wants it to stop.</summary>
    public CancellationToken Cancelled => _cancelled.Token;

    /// <summary>Completes when nothing works on it any more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Bytes that it will still write, as far as is known.</summary>
    public long Remaining => _record.State == ImportState.Transferring && !_record.Link && Info is { TotalBytes: { } total } info ? Math.Max(0, total - info.Bytes) : 0;

    public ModelImport Info => _rate.AddTo(Show(_record));

    /// <summary>A record as others see it.</summary>
    public static ModelImport Show(ImportRecord record) => new()
    {
        Id = record.Id, Model = record.Model, Name = record.Name, Kind = record.Kind, Source = record.Source, State = record.State, Error = record.Error,
        Bytes = record.Bytes ?? 0, TotalBytes = record.Bytes, Sha256 = record.Sha256, Workspace = record.Workspace, StartedAt = record.StartedAt, EndedAt = record.EndedAt,
    };

    public Task CancelAsync() => _cancelled.CancelAsync();

    /// <summary>Works until the import has ended, or the process stops; then the next start goes on.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var any = CancellationTokenSource.CreateLinkedTokenSource(stopping, _cancelled.Token);
        try
        {
            var error = await WorkAsync(any.Token);
            End(error is null ? ImportState.Done : ImportState.Failed, error, keepFiles: MayGoOn(error));
        }
        catch (OperationCanceledException) when (_cancelled.IsCancellationRequested)
        {
            End(ImportState.Cancelled, null, keepFiles: false);
        }
        catch (OperationCanceledException)
        {
            // the record says how far it came
        }
        catch (Exception failure)
        {
            var error = IsDiskFull(failure) ? ImportErrors.DiskFilled() : ImportErrors.Unreadable(failure.Message.TrimEnd('.'));
            Log.ImportFailed(site.Log, _record.Model, failure.Message, failure);
            End(ImportState.Failed, error, keepFiles: false);
        }
        finally
        {
            held.Dispose();
            _ended.TrySetResult();
        }
    }

    /// <summary>Ends an upload that never became whole.</summary>
    public void Abandon(ImportState state, Error? error)
    {
        End(state, error, keepFiles: false);
        held.Dispose();
        _ended.TrySetResult();
    }

    /// <summary>Tells of bytes that an upload brought.</summary>
    public void Report(long bytes, long total)
    {
        if (bytes == 0)
        {
            _rate.Begin(0, total);
        }

        _rate.Report(bytes);
    }

    public void Write(ImportRecord changed)
    {
        _record = changed;
        folder.Write(changed);
    }

    // What broke on the way goes on where it stopped; anything else would fail again.
    private static bool MayGoOn(Error? error) =>
        error?.Code is "import.connection_broke" or "egress.unreachable" or "egress.timeout" or "egress.broken" or "egress.unknown_host";

    private static bool IsDiskFull(Exception failure) =>
        failure is IOException io && (OperatingSystem.IsWindows() ? io.HResult is unchecked((int)0x80070070) or unchecked((int)0x80070027) : io.HResult is 28 or 122 or 69);

    private async Task<Error?> WorkAsync(CancellationToken cancellationToken)
    {
        if (_record.State == ImportState.Transferring && await BringAsync(cancellationToken) is { } lost)
        {
            return lost;
        }

        Write(_record with { State = ImportState.Verifying });
        if (!Directory.Exists(folder.Files) && IsPlaced())
        {
            return null;
        }

        if (await VerifyAsync(cancellationToken) is { } damaged)
        {
            return damaged;
        }

        Write(_record with { State = ImportState.Checking });
        var found = await Task.Run(() => ImportCheck.Check(folder.Files, site.Options), cancellationToken);
        if (!found.IsSuccess)
        {
            return found.Error;
        }

        return Place();
    }

    private async Task<Error?> BringAsync(CancellationToken cancellationToken)
    {
        long done = 0;
        _rate.Begin(0, _record.Bytes);
        for (var place = 0; place < _record.Files.Count; place++)
        {
            var file = _record.Files[place];
            var target = Path.Combine(folder.Files, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (!File.Exists(target))
            {
                var error = _record.Kind == ImportKind.Path
                    ? await TakeAsync(file, target, done, cancellationToken)
                    : await FetchAsync(place, target, done, cancellationToken);
                if (error is not null && !(file.IsOptional && error.Code == ImportErrors.Answered("", 404).Code))
                {
                    return error;
                }
            }

            done += File.Exists(target) ? new FileInfo(target).Length : 0;
        }

        return null;
    }

    private async Task<Error?> TakeAsync(ImportFile file, string target, long before, CancellationToken cancellationToken)
    {
        if (_record.Link)
        {
            File.CreateSymbolicLink(target, file.From);
            return null;
        }

        if (site.FindRoom(this, file.Bytes ?? 0) is { } tight)
        {
            return tight;
        }

        await using (var from = new FileStream(file.From, FileMode.Open, FileAccess.Read, FileShare.Read, Buffer, FileOptions.Asynchronous | FileOptions.SequentialScan))
        {
            await ReceiveAsync(from, target, bytes => _rate.Report(before + bytes), cancellationToken);
        }

        return null;
    }

    /// <summary>Writes a stream into a file that appears under its name when it is whole.</summary>
    public static async Task ReceiveAsync(Stream from, string target, Action<long> progress, CancellationToken cancellationToken)
    {
        var part = target + ".part";
        await using (var to = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous))
        {
            var buffer = new byte[Buffer];
            long written = 0;
            while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                written += count;
                progress(written);
            }

            to.Flush(flushToDisk: true);
        }

        File.Move(part, target);
    }

    private async Task<Error?> FetchAsync(int place, string target, long before, CancellationToken cancellationToken)
    {
        var file = _record.Files[place];
        var part = target + ".part";
        var most = ModelFiles.IsWeights(file.Name) ? site.Options.MaxModelBytes : ModelFiles.MostBesideBytes;
        var begun = File.Exists(part) ? new FileInfo(part).Length : 0;
        var fetched = await (site.Download ?? throw new InvalidOperationException("Nothing here fetches models from the web.")).FetchAsync(
            new DownloadRequest(_record.Workspace, new Uri(file.From), part, begun > 0 ? file.Validator : null, most, OnHead, bytes => _rate.Report(before + bytes)), cancellationToken);
        if (!fetched.IsSuccess)
        {
            if (file.IsOptional)
            {
                File.Delete(part);
            }

            return fetched.Error;
        }

        File.Move(part, target);
        return null;

        Error? OnHead(long? bytes, string? validator)
        {
            if (bytes is { } told && file.Bytes is { } expected && told != expected)
            {
                return ImportErrors.WrongSize(file.Name, expected, told);
            }

            // Known to the bytes before the first of them is written, so that a crash loses none of it.
            Write(_record with
            {
                Bytes = Math.Max(_record.Bytes ?? 0, before + (bytes ?? 0)) is > 0 and var total ? total : null,
                Files = [.. _record.Files.Select((other, index) => index == place ? other with { Validator = validator } : other)],
            });
            _rate.Begin(before + begun, bytes is null ? null : _record.Bytes);
            return bytes is null ? null : site.FindRoom(this, Math.Max(0, bytes.Value - begun));
        }
    }

    private async Task<Error?> VerifyAsync(CancellationToken cancellationToken)
    {
        var files = Directory.EnumerateFiles(folder.Files, "*", SearchOption.AllDirectories).Select(path => (Path: path, Name: Path.GetRelativePath(folder.Files, path).Replace('\\', '/'))).ToList();
        var known = _record.Files.ToDictionary(file => file.Name, StringComparer.Ordinal);
        var hashed = files.Where(file => ModelFiles.IsWeights(file.Name) || known.GetValueOrDefault(file.Name)?.Sha256 is not null)
            .OrderByDescending(file => ModelFiles.IsWeights(file.Name)).ToList();
        _rate.Begin(0, hashed.Sum(file => new FileInfo(File.ResolveLinkTarget(file.Path, returnFinalTarget: true)?.FullName ?? file.Path).Length));
        long read = 0;
        foreach (var (path, name) in hashed)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var from = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            var buffer = new byte[Buffer];
            while (await from.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                hash.AppendData(buffer, 0, count);
                _rate.Report(read += count);
            }

            var found = Convert.ToHexStringLower(hash.GetHashAndReset());
            if (known.GetValueOrDefault(name)?.Sha256 is { } expected && expected != found)
            {
                return ImportErrors.WrongChecksum(name, expected, found);
            }

            if (ModelFiles.IsWeights(name))
            {
                _record = _record with { Sha256 = found };
            }
        }

        return null;
    }

    private Error? Place()
    {
        new ModelCard
        {
            Name = _record.Kind == ImportKind.Catalogue ? _record.Name : null,
            Licence = _record.Licence,
            Origin = _record.Origin,
            Sha256 = _record.Sha256,
            InstalledAt = site.Time.GetUtcNow(),
        }.Write(folder.Files);
        var place = Path.Combine(site.Models.Path, _record.Model);
        if (Directory.Exists(place))
        {
            return ImportErrors.IdTaken(_record.Model);
        }

        Directory.Move(folder.Files, place);
        return null;
    }

    // The process died between the rename and the note of it.
    private bool IsPlaced() => ModelCard.Read(Path.Combine(site.Models.Path, _record.Model)) is { Sha256: { } placed } && placed == _record.Sha256;

    private void End(ImportState state, Error? error, bool keepFiles)
    {
        if (!keepFiles)
        {
            folder.RemoveFiles();
        }

        Write(_record with { State = state, Error = error, EndedAt = site.Time.GetUtcNow() });
        if (state == ImportState.Done)
        {
            Log.ModelImported(site.Log, _record.Model, (_record.Bytes ?? 0) >> 20);
        }
        else if (error is not null)
        {
            Log.ImportFailed(site.Log, _record.Model, error.Message, null);
        }
    }
}
