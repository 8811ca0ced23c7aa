using System.Text.Json;
using System.Text.Json.Serialization;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Embeddings;

/// <summary>The shape of a BERT encoder, from the files beside its weights.</summary>
internal sealed record BertConfig
{
    [JsonPropertyName("model_type")]
    public string ModelType { get; init; } = "";

    [JsonPropertyName("hidden_act")]
    public string Activation { get; init; } = "";

    [JsonPropertyName("position_embedding_type")]
    public string PositionType { get; init; } = "absolute";

    /// <summary>Length of a token's vector, and of the embedding.</summary>
    [JsonPropertyName("hidden_size")]
    public int Hidden { get; init; }

    [JsonPropertyName("num_hidden_layers")]
    public int Layers { get; init; }

    [JsonPropertyName("num_attention_heads")]
    public int Heads { get; init; }

    [JsonPropertyName("intermediate_size")]
    public int Intermediate { get; init; }

    [JsonPropertyName("max_position_embeddings")]
    public int Positions { get; init; }

    [JsonPropertyName("type_vocab_size")]
    public int TokenTypes { get; init; }

    [JsonPropertyName("vocab_size")]
    public int VocabularySize { get; init; }

    [JsonPropertyName("layer_norm_eps")]
    public float Epsilon { get; init; } = 1e-12f;

    /// <summary>Tokens of the longest text, [CLS] and [SEP] included: <c>sentence_bert_config.json</c>, which outranks the tokenizer's own.</summary>
    [JsonIgnore]
    public int MaxTokens { get; init; }

    /// <summary>Reads a sentence-transformers folder; a shape that is not supported is an error that says which part.</summary>
    public static Result<BertConfig> Read(string folder)
    {
        try
        {
            var config = ReadJson<BertConfig>(folder, "config.json");
            var sentence = ReadJson<SentenceConfig>(folder, "sentence_bert_config.json");
            var pooling = ReadJson<PoolingConfig>(folder, Path.Combine("1_Pooling", "config.json"));
            config = config with { MaxTokens = sentence.MaxSequenceLength > 0 ? Math.Min(sentence.MaxSequenceLength, config.Positions) : config.Positions };
            return config.Unsupported(pooling) is { } reason ? ModelErrors.Unreadable("config.json", reason) : config;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return ModelErrors.Unreadable("config.json", unreadable.Message.TrimEnd('.'));
        }
    }

    private string? Unsupported(PoolingConfig pooling) =>
        ModelType != "bert" ? $"the architecture \"{ModelType}\" is not supported for embeddings in this version, \"bert\" is"
        : Activation != "gelu" ? $"the activation \"{Activation}\" is not supported in this version, \"gelu\" is"
        : PositionType != "absolute" ? $"the position embedding \"{PositionType}\" is not supported in this version, \"absolute\" is"
        : !pooling.Mean || pooling.Cls || pooling.Max ? "its pooling is not the mean of all tokens, the only one supported in this version"
        : Hidden is < 8 or > 8192 || Layers is < 1 or > 128 || Heads is < 1 or > 128 || Hidden % Heads != 0 || Intermediate is < 8 or > 65536
          || Positions is < 3 or > 65536 || TokenTypes is < 1 or > 16 || VocabularySize is < 4 or > 1 << 21 || MaxTokens < 3
            ? "its dimensions are impossible"
        : null;

    private static T ReadJson<T>(string folder, string name) =>
        JsonSerializer.Deserialize<T>(File.ReadAllBytes(Path.Combine(folder, name))) ?? throw new JsonException($"{name} is empty");

    private sealed record SentenceConfig([property: JsonPropertyName("max_seq_length")] int MaxSequenceLength);

    private sealed record PoolingConfig(
        [property: JsonPropertyName("pooling_mode_mean_tokens")] bool Mean,
        [property: JsonPropertyName("pooling_mode_cls_token")] bool Cls,
        [property: JsonPropertyName("pooling_mode_max_tokens")] bool Max);
}
