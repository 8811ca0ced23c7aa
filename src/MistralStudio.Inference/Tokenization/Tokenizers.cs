using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Tokenization;

/// <summary>Finds the tokenizer that a model's files describe.</summary>
internal static class Tokenizers
{
    private const int MostTokens = 1 << 20;
    private const int MostCharacters = 1 << 25;

    /// <summary>Tokens that end a turn in every model that has them, whatever its file says about the end of a sequence.</summary>
    private static readonly HashSet<string> s_turnEnds =
        ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "<|end_of_text|>", "<|eom_id|>", "<end_of_turn>", "</s>", "<EOT>"];

    /// <summary>The tokenizer of a GGUF file, or which part of its description is not known here.</summary>
    public static Result<Tokenizer> FromGguf(GgufFile file)
    {
        var name = Path.GetFileName(file.Path);
        if (file.Text("tokenizer.ggml.model") is not { } model || !file.Metadata.TryGetValue("tokenizer.ggml.tokens", out var list))
        {
            return ModelErrors.Unreadable(name, "it has no tokenizer");
        }

        if (list.Count is null or 0 or > MostTokens || file.Texts("tokenizer.ggml.tokens") is not { } tokens)
        {
            return ModelErrors.Unreadable(name, $"its vocabulary is not a list of 1 to {MostTokens:N0} tokens");
        }

        if (tokens.Sum(token => (long)token.Length) > MostCharacters)
        {
            return ModelErrors.Unreadable(name, $"its tokens have more than {MostCharacters:N0} characters together");
        }

        var kinds = file.Int32s("tokenizer.ggml.token_type")?.Select(kind => (TokenKind)kind).ToArray()
            ?? Enumerable.Repeat(TokenKind.Normal, tokens.Length).ToArray();
        try
        {
            return model switch
            {
                "gpt2" => BytePairs(file, name, tokens, kinds),
                "llama" => SentencePieces(file, tokens, kinds),
                _ => ModelErrors.Unreadable(name, $"its tokenizer \"{model}\" is not supported in this version; supported are gpt2, llama"),
            };
        }
        catch (InvalidDataException contradiction)
        {
            return ModelErrors.Unreadable(name, contradiction.Message);
        }
    }

    /// <summary>How an encoder reads texts: <c>vocab.txt</c> of BERT, <c>tokenizer.json</c> of XLM-R.</summary>
    public static Result<IEncoderTokens> ForEncoder(string folder, EncoderConfig config)
    {
        if (!config.IsXlmRoberta)
        {
            return FromVocabularyFile(Path.Combine(folder, "vocab.txt"), config.VocabularySize)
                .Match<Result<IEncoderTokens>>(words => new BertTokens(words), error => error);
        }

        var path = Path.Combine(folder, "tokenizer.json");
        try
        {
            return File.Exists(path) ? UnigramFile.Read(path, config.VocabularySize) : ModelErrors.Missing("tokenizer.json");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException or JsonException or FormatException)
        {
            return ModelErrors.Unreadable("tokenizer.json", unreadable.Message.TrimEnd('.'));
        }
    }

    /// <summary>The tokenizer of a BERT model from its <c>vocab.txt</c>, one token a line.</summary>
    /// <param name="most">Tokens that the model has vectors for.</param>
    public static Result<WordPiece> FromVocabularyFile(string path, int most = int.MaxValue)
    {
        var name = Path.GetFileName(path);
        try
        {
            if (!File.Exists(path))
            {
                return ModelErrors.Missing(name);
            }

            var words = File.ReadAllLines(path);
            return words.Length <= most ? new WordPiece(words) : ModelErrors.Unreadable(name, $"it has {words.Length:N0} tokens, and the model {most:N0} embeddings");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return ModelErrors.Unreadable(name, unreadable.Message.TrimEnd('.'));
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

        return ByteLevelBpe.Create(
            tokens, kinds, merges, pieces, TurnEnds(file, tokens, kinds), Sequence(file, tokens.Length, addsBegin: pieces.AddsBegin));
    }

    private static SentencePieceBpe SentencePieces(GgufFile file, string[] tokens, TokenKind[] kinds) => SentencePieceBpe.Create(
        tokens,
        file.Floats("tokenizer.ggml.scores") ?? throw new InvalidDataException("its tokenizer has no scores"),
        kinds,
        file.Flag("tokenizer.ggml.add_space_prefix") ?? true,
        TurnEnds(file, tokens, kinds),
        Sequence(file, tokens.Length, addsBegin: true));

    private static SequenceTokens Sequence(GgufFile file, int tokens, bool addsBegin)
    {
        return new SequenceTokens(
            Id("tokenizer.ggml.bos_token_id"),
            Id("tokenizer.ggml.eos_token_id"),
            file.Flag("tokenizer.ggml.add_bos_token") ?? addsBegin,
            file.Flag("tokenizer.ggml.add_eos_token") ?? false);

        int? Id(string key) => file.Integer(key) is { } id && id >= 0 && id < tokens ? (int)id : null;
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
