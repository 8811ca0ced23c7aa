using Xunit;

namespace MistralStudio.Tests.Shared;

/// <summary>
/// Finds the corpora, golden outputs and tools that live beside the repository: the folder that <c>STUDIO_SHARED</c> names, <c>../shared</c>
/// otherwise. What is absent is a visible skip.
/// </summary>
public static class SharedData
{
    /// <summary>The repository's root.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The models that the product ships.</summary>
    public static string StarterModels => Path.Combine(Root, "deploy", "models");

    private static string Folder => Environment.GetEnvironmentVariable("STUDIO_SHARED") is { Length: > 0 } named
        ? Path.GetFullPath(named, Root)
        : Path.GetFullPath("../shared", Root);

    /// <summary>The path of a shared file or folder; skips the running test where it is absent.</summary>
    public static string Require(params string[] parts)
    {
        var path = Path.Combine([Folder, .. parts]);
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), $"{string.Join('/', parts)} is not in the shared folder (STUDIO_SHARED).");
        return path;
    }

    /// <summary>The path of a shared file or folder, or null where it is absent.</summary>
    public static string? Find(params string[] parts)
    {
        var path = Path.Combine([Folder, .. parts]);
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MistralStudio.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests run from inside the repository's folder.");
    }
}
