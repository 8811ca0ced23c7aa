using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Import;

/// <summary>What an import has to bring, worked out from where the model comes from; nothing is fetched here.</summary>
internal static class ImportPlan
{
    private const int HashDigits = 64;

    public static Result<ImportRecord> Make(ModelSource source, Catalogue catalogue, WorkspaceId? workspace, DateTimeOffset now)
    {
        var planned = source switch
        {
            ModelSource.FromPath path => OfPath(path),
            ModelSource.FromUrl url => OfUrl(url),
            ModelSource.FromCatalogue entry => OfCatalogue(entry, catalogue),
            _ => throw new ArgumentOutOfRangeException(nameof(source)),
        };
        return planned.IsSuccess ? planned.Value with { Workspace = workspace, StartedAt = now } : planned.Error;
    }

    /// <summary>A record before its files are known.</summary>
    public static Result<ImportRecord> Empty(ImportKind kind, string name, string? id, string source)
    {
        var model = id is null ? ModelFiles.IdOf(name) : ModelFiles.CheckId(id);
        return model.IsSuccess
            ? new ImportRecord
            {
                Id = Guid.CreateVersion7().ToString("N"), Model = model.Value, Name = id ?? name, Kind = kind, Source = source,
                State = ImportState.Transferring, StartedAt = default,
            }
            : model.Error;
    }

    private static Result<ImportRecord> OfPath(ModelSource.FromPath source)
    {
        // Told by the name alone before the disk is touched: who asks learns nothing of files that are no models.
        if (!Path.IsPathFullyQualified(source.Path))
        {
            return ImportErrors.BadPath(source.Path);
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source.Path));
        var name = Path.GetFileName(path);
        if (ModelFiles.IsPart(name))
        {
            return ImportErrors.InParts(name);
        }

        if (ModelFiles.IsGguf(name))
        {
            return new FileInfo(path) is { Exists: true } file
                ? Plan(name, [new ImportFile(name, path, Bytes: LengthOf(file))])
                : ImportErrors.NothingThere(path);
        }

        var folder = name == ModelFiles.Safetensors ? Path.GetDirectoryName(path)! : path;
        var weights = new FileInfo(Path.Combine(folder, ModelFiles.Safetensors));
        if (!weights.Exists)
        {
            return name == ModelFiles.Safetensors || !Path.HasExtension(name) ? ImportErrors.NothingThere(folder) : ImportErrors.BadPath(source.Path);
        }

        var beside = ModelFiles.Beside.Select(file => (file.Name, Info: new FileInfo(Path.Combine(folder, file.Name)))).Where(file => file.Info.Exists);
        return Plan(
            Path.GetFileName(folder),
            [new(ModelFiles.Safetensors, weights.FullName, Bytes: LengthOf(weights)), .. beside.Select(file => new ImportFile(file.Name, file.Info.FullName, Bytes: LengthOf(file.Info)))]);

        Result<ImportRecord> Plan(string called, IReadOnlyList<ImportFile> files)
        {
            var record = Empty(ImportKind.Path, called, source.Id, path);
            return record.IsSuccess ? record.Value with { Files = files, Link = source.Link, Origin = path, Bytes = files.Sum(file => file.Bytes) } : record.Error;
        }
    }

    private static Result<ImportRecord> OfUrl(ModelSource.FromUrl source)
    {
        if (source.Sha256 is { } hash && (hash.Length != HashDigits || !hash.All(char.IsAsciiHexDigit)))
        {
            return ImportErrors.BadChecksum(hash);
        }

        if (source.Address is not { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" })
        {
            return ImportErrors.BadUrl(source.Address.IsAbsoluteUri ? source.Address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) : $"{source.Address}");
        }

        var address = FileBehind(source.Address);
        var parts = address.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var name = parts.Length > 0 ? Uri.UnescapeDataString(parts[^1]) : "";
        if (ModelFiles.IsPart(name))
        {
            return ImportErrors.InParts(name);
        }

        var sha = source.Sha256?.ToLowerInvariant();
        if (ModelFiles.IsGguf(name) && ModelFiles.IsKnown(name))
        {
            return Plan(name, [new(name, $"{address}", sha)]);
        }

        if (!name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            return ImportErrors.BadUrl($"{source.Address}");
        }

        // https://host/org/name/resolve/main/model.safetensors is called after the repository, any other after its folder.
        var resolve = Array.IndexOf(parts, "resolve");
        return Plan(
            resolve > 0 ? parts[resolve - 1] : parts.Length > 1 ? parts[^2] : address.Host,
            [new(ModelFiles.Safetensors, $"{address}", sha), .. ModelFiles.Beside.Select(file => new ImportFile(file.Name, $"{new Uri(address, file.Name)}", IsOptional: file.IsOptional))]);

        Result<ImportRecord> Plan(string called, IReadOnlyList<ImportFile> files)
        {
            var record = Empty(ImportKind.Url, called, source.Id, $"{address}");
            return record.IsSuccess ? record.Value with { Files = files, Origin = $"{address.GetLeftPart(UriPartial.Path)}" } : record.Error;
        }
    }

    // The page of a file on Hugging Face stands beside the file itself.
    private static Uri FileBehind(Uri address) => address.Host == "huggingface.co" && address.AbsolutePath.Contains("/blob/", StringComparison.Ordinal)
        ? new Uri(address.GetLeftPart(UriPartial.Path).Replace("/blob/", "/resolve/", StringComparison.Ordinal))
        : address;

    private static Result<ImportRecord> OfCatalogue(ModelSource.FromCatalogue source, Catalogue catalogue)
    {
        var read = catalogue.Read();
        if (!read.IsSuccess)
        {
            return read.Error;
        }

        if (read.Value.FirstOrDefault(model => model.Id == source.Entry) is not { } entry)
        {
            return ImportErrors.NotInCatalogue(source.Entry);
        }

        var record = Empty(ImportKind.Catalogue, entry.Name, entry.Id, entry.Origin.Length > 0 ? entry.Origin : $"{entry.Files[0].Url}");
        return record.IsSuccess
            ? record.Value with
            {
                Name = entry.Name,
                Licence = entry.Licence,
                Origin = entry.Origin,
                Files = [.. entry.Files.Select(file => new ImportFile(file.Name, $"{file.Url}", file.Sha256?.ToLowerInvariant(), file.Bytes))],
                Bytes = entry.Files.All(file => file.Bytes is not null) ? entry.Bytes : null,
            }
            : record.Error;
    }

    private static long LengthOf(FileInfo file) => file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : file.Length;
}
