using System.Text.RegularExpressions;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Import;

/// <summary>Which files make a model, and what a model is called after them.</summary>
internal static partial class ModelFiles
{
    public const string Safetensors = "model.safetensors";

    /// <summary>What lies beside a <c>model.safetensors</c>: needed, and taken where it is there.</summary>
    public static IReadOnlyList<(string Name, bool IsOptional)> Beside { get; } =
    [
        ("config.json", false), ("tokenizer.json", true), ("vocab.txt", true), ("tokenizer_config.json", true), ("special_tokens_map.json", true),
        ("modules.json", true), ("sentence_bert_config.json", true), ("1_Pooling/config.json", true), ("LICENSE", true),
    ];

    /// <summary>Most bytes of a file that is not the weights.</summary>
    public const long MostBesideBytes = 64 << 20;

    /// <summary>True for a name that a model's file may have; it is used as a path.</summary>
    public static bool IsKnown(string name) => IsGguf(name)
        ? !name.AsSpan().ContainsAny('/', '\\') && !name.StartsWith('.')
        : name == Safetensors || Beside.Any(file => file.Name == name);

    public static bool IsGguf(string name) => name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    public static bool IsWeights(string name) => IsGguf(name) || name == Safetensors;

    /// <summary>True for one of several parts of a file.</summary>
    public static bool IsPart(string name) => PartOfFile().IsMatch(name);

    /// <summary>The id of a model from the name of its file or folder: <c>Qwen3-0.6B-Q8_0.gguf</c> is <c>qwen3-0.6b-q8_0</c>.</summary>
    public static Result<string> IdOf(string name)
    {
        var stem = IsGguf(name) ? name[..^".gguf".Length] : name;
        var id = Foreign().Replace(stem.ToLowerInvariant(), "-").Trim('-', '.', '_');
        return CheckId(id.Length > 128 ? id[..128] : id);
    }

    /// <summary>The id, where it can be one: a few words are addresses beside those of models.</summary>
    public static Result<string> CheckId(string id) =>
        ModelReference.TryParse(id, out var reference) && reference is { Kind: ModelReferenceKind.Local, Detail: null } && id is not ("compiled" or "connections" or "catalogue" or "defaults" or "found" or "imports")
            ? id
            : ImportErrors.BadId(id);

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.(gguf|safetensors)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PartOfFile();

    [GeneratedRegex("[^a-z0-9._-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Foreign();
}
