using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Flows.Imports.Dify;
using MistralStudio.Flows.Imports.Flowise;
using MistralStudio.Flows.Imports.Langflow;

namespace MistralStudio.Flows.Imports;

/// <summary>Reads exports of other tools, as well as their parts have counterparts here. What it reads is hostile: only data comes of it.</summary>
public static class FlowImport
{
    /// <summary>Characters that an export may have.</summary>
    public const int MostCharacters = 8 * 1024 * 1024;

    /// <summary>Lists and objects inside each other.</summary>
    public const int MostDepth = 64;

    /// <summary>Values in all.</summary>
    public const int MostValues = 500_000;

    /// <summary>Nodes of a flow.</summary>
    public const int MostNodes = 2_000;

    /// <summary>Reads an export; fails where it is none, or goes over a limit.</summary>
    public static Result<ImportedFlow> Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MostCharacters)
        {
            return ImportErrors.TooLong(text.Length);
        }

        var isJson = text.AsSpan().TrimStart().TrimStart('\uFEFF') is ['{' or '[', ..];
        var read = isJson ? ForeignJson.Read(text) : YamlReader.Read(text);
        if (!read.IsSuccess)
        {
            return read.Error;
        }

        if (read.Value is not JsonObject root)
        {
            return ImportErrors.Unknown();
        }

        return root switch
        {
            _ when DifyImport.Is(root) => DifyImport.Read(root),
            _ when LangflowImport.Is(root) => LangflowImport.Read(root),
            _ when FlowiseImport.Is(root) => FlowiseImport.Read(root),
            _ => ImportErrors.Unknown(),
        };
    }
}
