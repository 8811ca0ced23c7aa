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
        var config = ReadJson<EncoderConfig>(folder, "config.json");
        if (!config.IsSuccess)
        {
            return config.Error;
        }

        // Its kind first: what lies beside the weights of another kind is no mistake.
        if (config.Value.UnsupportedKind() is { } kind)
        {
            return ModelErrors.Unreadable("config.json", kind);
        }

        var read = config.Value.Classifies ? config.Value.ReadCrossEncoder(folder) : config.Value.ReadEmbedder(folder);
        return read.IsSuccess && read.Value.Unsupported() is { } reason ? ModelErrors.Unreadable("config.json", reason) : read;
    }

    /// <summary>True where a folder's <c>config.json</c> says that its model classifies pairs of texts; false also where it cannot be read.</summary>
    public static bool IsCrossEncoder(string folder) => ReadJson<EncoderConfig>(folder, "config.json") is { IsSuccess: true, Value.Classifies: true };

    private Result<EncoderConfig> ReadEmbedder(string folder)
    {
        var sentence = ReadJson<SentenceConfig>(folder, "sentence_bert_config.json");
        var pooling = ReadJson<PoolingConfig>(folder, "1_Pooling/config.json");
        var tokenizer = ReadTokenizer(folder);
        if ((sentence.Error ?? pooling.Error ?? tokenizer.Error) is { } error)
        {
            return error;
        }

        if (pooling.Value.Max || pooling.Value.Mean == pooling.Value.First)
        {
            return ModelErrors.Unreadable("1_Pooling/config.json", "its pooling is neither the mean of all tokens nor the first token, the two supported in this version");
        }

        return this with { Head = pooling.Value.Mean ? EncoderHead.Mean : EncoderHead.First, MaxTokens = Longest(sentence.Value.MaxSequenceLength) };
    }

    private Result<EncoderConfig> ReadCrossEncoder(string folder)
    {
        // One that names none tells two apart.
        var labels = Labels.ValueKind == JsonValueKind.Object ? Labels.EnumerateObject().Count() : 2;
        if (labels != 1)
        {
            return ModelErrors.Unreadable("config.json", $"it tells {labels} labels apart; a reranker has one, the score");
        }

        var tokenizer = ReadTokenizer(folder);
        return tokenizer.IsSuccess ? this with { Head = EncoderHead.Score, MaxTokens = Longest(tokenizer.Value.MaxLength) } : tokenizer.Error;
    }

    // Optional. Texts are split as the uncased BERT models have it: another way would give vectors that look right and are not.
    private Result<TokenizerConfig> ReadTokenizer(string folder)
    {
        const string name = "tokenizer_config.json";
        if (!File.Exists(Path.Combine(folder, name)))
        {
            return new TokenizerConfig(0, null, null, null);
        }

        var read = ReadJson<TokenizerConfig>(folder, name);
        return !IsXlmRoberta && read is { IsSuccess: true, Value: { LowerCase: false } or { StripAccents: false } or { ChineseCharacters: false } }
            ? ModelErrors.Unreadable(name, "its tokenizer is cased, keeps accents or joins Chinese characters, which is not supported in this version; that of uncased BERT is")
            : read;
    }

    // A tokenizer that knows no limit says 1e30.
    private int Longest(double said) => said is >= 3 and < int.MaxValue ? (int)Math.Min(said, Positions - FirstPosition) : Positions - FirstPosition;

    private string? UnsupportedKind() => ModelType switch
    {
        "bert" or "xlm-roberta" => null,
        "" => "it does not state its architecture",
        _ => $"the architecture \"{ModelType}\" is not supported in this version as safetensors, \"bert\" and \"xlm-roberta\" are; chat models are read as GGUF",
    };

    private string? Unsupported() =>
        Activation != "gelu" ? $"the activation \"{Activation}\" is not supported in this version, \"gelu\" is"
        : PositionType != "absolute" ? $"the position embedding \"{PositionType}\" is not supported in this version, \"absolute\" is"
        : Hidden is < 8 or > 8192 || Layers is < 1 or > 128 || Heads is < 1 or > 128 || Hidden % Heads != 0 || Intermediate is < 8 or > 65536
          || Positions is < 3 or > 65536 || TokenTypes is < 1 or > 16 || VocabularySize is < 4 or > 1 << 21 || Padding is < 0 or > 1024 || MaxTokens < 5
            ? "its dimensions are impossible"
        : null;

    private static Result<T> ReadJson<T>(string folder, string name)
    {
        try
        {
            var path = Path.Combine(folder, name);
            return !File.Exists(path) ? ModelErrors.Missing(name)
                : JsonSerializer.Deserialize<T>(File.ReadAllBytes(path)) is { } read ? read
                : ModelErrors.Unreadable(name, "it is empty");
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return ModelErrors.Unreadable(name, unreadable.Message.TrimEnd('.'));
        }
    }

    private sealed record SentenceConfig([property: JsonPropertyName("max_seq_length")] int MaxSequenceLength);

    private sealed record TokenizerConfig(
        [property: JsonPropertyName("model_max_length")] double MaxLength,
        [property: JsonPropertyName("do_lower_case")] bool? LowerCase,
        [property: JsonPropertyName("strip_accents")] bool? StripAccents,
        [property: JsonPropertyName("tokenize_chinese_chars")] bool? ChineseCharacters);

    private sealed record PoolingConfig(
        [property: JsonPropertyName("pooling_mode_mean_tokens")] bool Mean,
        [property: JsonPropertyName("pooling_mode_cls_token")] bool First,
        [property: JsonPropertyName("pooling_mode_max_tokens")] bool Max);
}
