using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Tokenization;

/// <summary>Finds the tokenizer that a model's files describe.</summary>
internal static class Tokenizers
{
    private const int MostTokens = 1 << 20;

    /// <summary>Tokens that end a turn in every model that has them, whatever its file says about the end of a sequence.</summary>
    private static readonly HashSet<string> s_turnEnds =
        ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "<|end_of_text|>", "<end_of_turn>", "</s>", "<EOT>"];

    /// <summary>The tokenizer of a GGUF file, or which part of its description is not known here.</summary>
    public static Result<Tokenizer> FromGguf(GgufFile file)
    {
        var name = Path.GetFileName(file.Path);
        var model = file.Text("tokenizer.ggml.model");
        var tokens = file.Texts("tokenizer.ggml.tokens");
        if (model is null || tokens is not { Length: > 0 and <= MostTokens })
        {
            return ModelErrors.Unreadable(name, "it has no tokenizer");
        }

        var kinds = file.Int32s("tokenizer.ggml.token_type")?.Select(kind => (TokenKind)kind).ToArray()
            ?? Enumerable.Repeat(TokenKind.Normal, tokens.Length).ToArray();
        try
        {
            return model switch
            {
                "gpt2" => BytePairs(file, name, tokens, kinds),
                _ => ModelErrors.Unreadable(name, $"its tokenizer \"{model}\" is not supported in this version, \"gpt2\" is"),
            };
        }
        catch (InvalidDataException contradiction)
        {
            return ModelErrors.Unreadable(name, contradiction.Message);
        }
    }

    /// <summary>The tokenizer of a BERT model from its <c>vocab.txt</c>, one token a line.</summary>
    public static Result<WordPiece> FromVocabularyFile(string path)
    {
        try
        {
            return new WordPiece(File.ReadAllLines(path));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return ModelErrors.Unreadable(Path.GetFileName(path), unreadable.Message.TrimEnd('.'));
        }
    }

    private static Result<Tokenizer> BytePairs(GgufFile file, string name, string[] tokens, TokenKind[] kinds)
    {
        var pre = file.Text("tokenizer.ggml.pre") ?? "default";
        if (PreTokenizer.Named(pre) is not { } pieces)
        {
            return ModelErrors.Unreadable(
                name, $"its pre-tokenizer \"{pre}\" is not supported in this version; supported are {string.Join(", ", PreTokenizer.Names)}");
        }

        if (file.Texts("tokenizer.ggml.merges") is not { } merges)
        {
            return ModelErrors.Unreadable(name, "its tokenizer has no merges");
        }

        return ByteLevelBpe.Create(tokens, kinds, merges, pieces, TurnEnds(file, tokens, kinds));
    }

    private static IEnumerable<int> TurnEnds(GgufFile file, string[] tokens, TokenKind[] kinds)
    {
        foreach (var key in new[] { "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id" })
        {
            if (file.Integer(key) is { } id && id >= 0 && id < tokens.Length)
            {
                yield return (int)id;
            }
        }

        for (var id = 0; id < Math.Min(tokens.Length, kinds.Length); id++)
        {
            if (kinds[id] == TokenKind.Control && s_turnEnds.Contains(tokens[id]))
            {
                yield return id;
            }
        }
    }
}
