namespace MistralStudio.Inference.Hosting;

/// <summary>The folder of imported models.</summary>
/// <param name="Path">Absolute.</param>
internal sealed record DataModels(string Path)
{
    /// <summary>Where compiled models are kept; it can be deleted at any time.</summary>
    public string Compiled => System.IO.Path.Combine(Path, "compiled");

    /// <summary>Where the models lie that the product brings along: beside a published program, or in the repository that it was built in.</summary>
    public static string FindStarters()
    {
        var published = System.IO.Path.Combine(AppContext.BaseDirectory, "models");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); !Directory.Exists(published) && folder is not null; folder = folder.Parent)
        {
            if (System.IO.Path.Combine(folder.FullName, "deploy", "models") is var inRepository && Directory.Exists(inRepository))
            {
                return inRepository;
            }
        }

        return published;
    }
}
