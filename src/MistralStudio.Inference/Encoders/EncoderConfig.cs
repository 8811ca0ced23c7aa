using System.Text.Json;
using System.Text.Json.Serialization;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Encoders;

/// <summary>What an encoder's states become.</summary>
internal enum EncoderHead
{
    /// <summary>The mean over a text's tokens, length 1.</summary>
    Mean,

    /// <summary>The state of the first token, length 1.</summary>
    First,

    /// <summary>One number for a pair of texts: how well the second answers the first.</summary>
    Score,
}

/// <summary>The shape of a BERT or XLM-R encoder, from the files beside its weights.</summary>
internal sealed record EncoderConfig
{
    private const string Classification = "ForSequenceClassification";

    [JsonPropertyName("model_type")]
    public string ModelType { get; init; } = "";

    [JsonPropertyName("hidden_act")]
    public string Activation { get; init; } = "";

    [JsonPropertyName("position_embedding_type")]
    public string PositionType { get; init; } = "absolute";

    /// <summary>Length of a token's vector, and of an embedding.</summary>
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

    [JsonPropertyName("pad_token_id")]
    public int Padding { get; init; }

    /// <summary>What the model was made as: <c>BertForSequenceClassification</c>.</summary>
    [JsonPropertyName("architectures")]
    public IReadOnlyList<string>? Architectures { get; init; }

    /// <summary>What a classifier tells apart.</summary>
    [JsonPropertyName("id2label")]
    public JsonElement Labels { get; init; }

    /// <summary>What is made of the states.</summary>
    [JsonIgnore]
    public EncoderHead Head { get; init; }

    /// <summary>Tokens of the longest row, those around the texts included.</summary>
    [JsonIgnore]
    public int MaxTokens { get; init; }

    /// <summary>Row of the table of positions that the first token takes: XLM-R's positions start behind the padding's id.</summary>
    [JsonIgnore]
    public int FirstPosition => IsXlmRoberta ? Padding + 1 : 0;

    /// <summary>True for XLM-R, false for BERT.</summary>
    [JsonIgnore]
    public bool IsXlmRoberta => ModelType == "xlm-roberta";

    /// <summary>True where the model classifies pairs of texts.</summary>
    [JsonIgnore]
    public bool Classifies => Architectures?.Any(name => name.EndsWith(Classification, StringComparison.Ordinal)) == true;

    /// <summary>True where the second text of a pair is told by a type of its own and not by the tokens between alone.</summary>
    [JsonIgnore]
    public bool TellsTypes => Head == EncoderHead.Score && TokenTypes > 1;

    /// <summary>
    /// Reads the folder of a sentence-transformers embedder (mean or first-token pooling) or of a cross-encoder with one label; a shape that is
    /// not supported is an error that says which part.
    /// </summary>
    public static Result<EncoderConfig> Read(string folder)
    {
        try
        {
            var config = ReadJson<EncoderConfig>(folder, "config.json");
            var read = config.Classifies ? config.ReadCrossEncoder(folder) : config.ReadEmbedder(folder);
            return read.IsSuccess && read.Value.Unsupported() is { } reason ? ModelErrors.Unreadable("config.json", reason) : read;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return ModelErrors.Unreadable("config.json", unreadable.Message.TrimEnd('.'));
        }
    }

    /// <summary>True where a folder's <c>config.json</c> says that its model classifies pairs of texts; false also where it cannot be read.</summary>
    public static bool IsCrossEncoder(string folder)
    {
        try
        {
            return ReadJson<EncoderConfig>(folder, "config.json").Classifies;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private Result<EncoderConfig> ReadEmbedder(string folder)
    {
        var sentence = ReadJson<SentenceConfig>(folder, "sentence_bert_config.json");
        var pooling = ReadJson<PoolingConfig>(folder, Path.Combine("1_Pooling", "config.json"));
        if (pooling.Max || pooling.Mean == pooling.First)
        {
            return ModelErrors.Unreadable("1_Pooling/config.json", "its pooling is neither the mean of all tokens nor the first token, the two supported in this version");
        }

        return this with { Head = pooling.Mean ? EncoderHead.Mean : EncoderHead.First, MaxTokens = Longest(sentence.MaxSequenceLength) };
    }

    private Result<EncoderConfig> ReadCrossEncoder(string folder)
    {
        // One that names none tells two apart.
        var labels = Labels.ValueKind == JsonValueKind.Object ? Labels.EnumerateObject().Count() : 2;
        if (labels != 1)
        {
            return ModelErrors.Unreadable("config.json", $"it tells {labels} labels apart; a reranker has one, the score");
        }

        var said = File.Exists(Path.Combine(folder, "tokenizer_config.json")) ? ReadJson<TokenizerConfig>(folder, "tokenizer_config.json").MaxLength : 0;
        return this with { Head = EncoderHead.Score, MaxTokens = Longest(said) };
    }

    // A tokenizer that knows no limit says 1e30.
    private int Longest(double said) => said is >= 3 and < int.MaxValue ? (int)Math.Min(said, Positions - FirstPosition) : Positions - FirstPosition;

    private string? Unsupported() =>
        ModelType is not ("bert" or "xlm-roberta") ? $"the architecture \"{ModelType}\" is not supported in this version, \"bert\" and \"xlm-roberta\" are"
        : Activation != "gelu" ? $"the activation \"{Activation}\" is not supported in this version, \"gelu\" is"
        : PositionType != "absolute" ? $"the position embedding \"{PositionType}\" is not supported in this version, \"absolute\" is"
        : Hidden is < 8 or > 8192 || Layers is < 1 or > 128 || Heads is < 1 or > 128 || Hidden % Heads != 0 || Intermediate is < 8 or > 65536
          || Positions is < 3 or > 65536 || TokenTypes is < 1 or > 16 || VocabularySize is < 4 or > 1 << 21 || Padding is < 0 or > 1024 || MaxTokens < 5
            ? "its dimensions are impossible"
        : null;

    private static T ReadJson<T>(string folder, string name) =>
        JsonSerializer.Deserialize<T>(File.ReadAllBytes(Path.Combine(folder, name))) ?? throw new JsonException($"{name} is empty");

    private sealed record SentenceConfig([property: JsonPropertyName("max_seq_length")] int MaxSequenceLength);

    private sealed record TokenizerConfig([property: JsonPropertyName("model_max_length")] double MaxLength);

    private sealed record PoolingConfig(
        [property: JsonPropertyName("pooling_mode_mean_tokens")] bool Mean,
        [property: JsonPropertyName("pooling_mode_cls_token")] bool First,
        [property: JsonPropertyName("pooling_mode_max_tokens")] bool Max);
}
