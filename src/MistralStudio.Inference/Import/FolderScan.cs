using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Import;

/// <summary>Looks for models in the folders that the operator named; nothing in them is opened or changed.</summary>
internal static class FolderScan
{
    private const int Deepest = 4;
    private const int Most = 500;

    /// <summary>GGUF files and folders with a <c>model.safetensors</c>, by path.</summary>
    public static IReadOnlyList<FoundModel> Run(IEnumerable<string> folders, Func<string, bool> isInstalled)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = Deepest, IgnoreInaccessible = true };
        return
        [
            .. folders.Where(Directory.Exists)
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*", options))
                .Where(file => ModelFiles.IsWeights(Path.GetFileName(file)) && !ModelFiles.IsPart(file))
                .Take(Most)
                .Select(file => (File: file, Path: ModelFiles.IsGguf(file) ? file : Path.GetDirectoryName(file)!))
                .Select(found => (found.File, found.Path, Id: ModelFiles.IdOf(Path.GetFileName(found.Path))))
                .Where(found => found.Id.IsSuccess)
                .Select(found => new FoundModel(found.Path, found.Id.Value, new FileInfo(found.File).Length, isInstalled(found.Id.Value)))
                .OrderBy(found => found.Path, StringComparer.Ordinal),
        ];
    }
}
