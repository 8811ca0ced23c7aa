using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Sources;

/// <summary>Folders of the server: only below roots that its operator named, and never through links.</summary>
internal static class FolderListing
{
    /// <summary>Why a folder may not be a source; null where it may.</summary>
    public static Error? Refuse(string path, IReadOnlyList<string> roots)
    {
        if (roots.Count == 0)
        {
            return SourceErrors.NoRoots();
        }

        if (!Path.IsPathFullyQualified(path) || roots.FirstOrDefault(root => IsBelow(Path.GetFullPath(path), Path.GetFullPath(root))) is not { } allowed)
        {
            return SourceErrors.OutsideRoots(path);
        }

        // A link below the root leads wherever it was pointed.
        for (var folder = new DirectoryInfo(Path.GetFullPath(path)); folder is not null && folder.FullName.Length > Path.GetFullPath(allowed).TrimEnd('/').Length; folder = folder.Parent)
        {
            if (folder.Exists && folder.Attributes.HasFlag(FileAttributes.ReparsePoint))
            {
                return SourceErrors.OutsideRoots(path);
            }
        }

        return Directory.Exists(path) ? null : SourceErrors.FolderMissing(path);
    }

    /// <summary>The files of a folder, by their paths; hidden ones and links are left out.</summary>
    public static IEnumerable<FoundItem> List(SourceSettings settings)
    {
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = settings.Depth > 0,
            MaxRecursionDepth = settings.Depth,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden | FileAttributes.System,
        };
        var root = new DirectoryInfo(settings.Location);
        foreach (var file in root.EnumerateFiles("*", options).Where(file => file.Length > 0).OrderBy(file => file.FullName, StringComparer.Ordinal))
        {
            var key = Path.GetRelativePath(root.FullName, file.FullName).Replace('\\', '/');
            if (key.Split('/').Any(part => part.StartsWith('.')))
            {
                continue;
            }

            var path = file.FullName;
            var stamp = string.Create(CultureInfo.InvariantCulture, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}");
            yield return new(key, file.Name, null, stamp, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
    }

    private static bool IsBelow(string path, string root)
    {
        var folder = root.TrimEnd(Path.DirectorySeparatorChar);
        return path.Equals(folder, StringComparison.Ordinal) || path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }
}
