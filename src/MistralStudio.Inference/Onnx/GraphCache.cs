using System.Security.Cryptography;
using System.Text;

namespace MistralStudio.Inference.Onnx;

/// <summary>
/// Compiled graphs on disk, in folders named by the content they came from. A folder appears by one rename, so it is whole or absent; all of
/// it can be deleted at any time.
/// </summary>
/// <param name="folder">Where compiled models are kept; made on first use.</param>
internal sealed class GraphCache(string folder)
{
    /// <summary>The folder of a compiled graph, built now if it is not there yet.</summary>
    /// <param name="contentHash">SHA-256 of the model file.</param>
    /// <param name="compiler">Name and version of what builds it, and whatever else changes the outcome.</param>
    /// <param name="build">Writes the graph into an empty folder.</param>
    public string GetOrBuild(string contentHash, string compiler, Action<string> build)
    {
        var target = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{contentHash}:{compiler}"))));
        if (Directory.Exists(target))
        {
            return target;
        }

        var unfinished = Path.Combine(folder, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(unfinished);
        try
        {
            build(unfinished);
            Directory.Move(unfinished, target);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Another process compiled the same model meanwhile; its folder is as good.
        }
        finally
        {
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }
        }

        return target;
    }
}
