using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>The sizes and peculiarities of a decoder, as its file states them.</summary>
internal sealed record DecoderShape
{
    /// <summary>Keys of families that compute something else; each with the value that means nothing.</summary>
    private static readonly (string Key, double Neutral)[] s_foreign =
    [
        ("expert_count", 0), ("logit_scale", 1), ("residual_scale", 1), ("embedding_scale", 1), ("attn_logit_softcapping", 0),
        ("final_logit_softcapping", 0), ("attention.clamp_kqv", 0), ("attention.max_alibi_bias", 0),
    ];

    /// <summary>The architectures that can be computed, as GGUF names them.</summary>
    public static IReadOnlyList<string> Architectures { get; } = ["llama", "mistral3", "qwen2", "qwen3"];

    /// <summary>One of <see cref="Architectures"/>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; each serves <c>Heads / KeyValueHeads</c> query heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of one head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width between the gate and the down projection.</summary>
    public required int FeedForward { get; init; }

    /// <summary>Number of tokens.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Positions that the model was trained on.</summary>
    public required int TrainedContext { get; init; }

    /// <summary>Epsilon of the RMS norms.</summary>
    public required float Epsilon { get; init; }

    /// <summary>What scores are multiplied with before they become weights.</summary>
    public required float AttentionScale { get; init; }

    /// <summary>How positions turn queries and keys.</summary>
    public required RotaryEmbedding Rotary { get; init; }

    /// <summary>How queries grow with their position; null where they do not.</summary>
    public QueryTemperature? Temperature { get; init; }

    /// <summary>For each layer how many positions a query sees, itself included; 0 for all.</summary>
    public required IReadOnlyList<int> Windows { get; init; }

    /// <summary>Whether queries and keys are normalised head by head before they are turned.</summary>
    public bool HasHeadNorms => Architecture == "qwen3";

    /// <summary>What the queries of a position are multiplied with, <see cref="AttentionScale"/> included.</summary>
    public float QueryScale(int position) => Temperature is null ? AttentionScale : AttentionScale * Temperature.At(position);

    /// <summary>Reads and checks the sizes; what is missing, impossible or not supported is <see cref="ModelErrors.Unreadable"/>.</summary>
    public static Result<DecoderShape> Read(GgufFile file)
    {
        Error Wrong(string reason) => ModelErrors.Unreadable(Path.GetFileName(file.Path), reason);

        var architecture = file.Text("general.architecture") ?? "";
        if (!Architectures.Contains(architecture))
        {
            return Wrong(architecture.Length == 0
                ? "it does not state its architecture"
                : $"its architecture \"{Shown(architecture)}\" is not supported; {string.Join(", ", Architectures)} are");
        }

        foreach (var (name, neutral) in s_foreign)
        {
            if (file.Metadata.ContainsKey($"{architecture}.{name}") && file.Real($"{architecture}.{name}") != neutral)
            {
                return Wrong($"it uses {architecture}.{name}, which is not supported");
            }
        }

        if (!file.Tensors.TryGetValue("token_embd.weight", out var embeddings))
        {
            return Wrong("it has no tensor token_embd.weight");
        }

        var missing = "";
        int Size(string name, long most, long? otherwise = null)
        {
            var key = $"{architecture}.{name}";
            var value = file.Metadata.ContainsKey(key) ? file.Integer(key) : otherwise;
            if (value is null or < 1 || value > most)
            {
                missing = key;
                return 1;
            }

            return (int)value;
        }

        var heads = Size("attention.head_count", 1024);
        var hidden = Size("embedding_length", 1 << 17);
        var layers = Size("block_count", 512);
        var context = Size("context_length", 1 << 24);
        var headSize = Size("attention.key_length", 512, hidden / heads);
        var valueSize = Size("attention.value_length", 512, headSize);
        var keyValueHeads = Size("attention.head_count_kv", 1024, heads);
        var feedForward = Size("feed_forward_length", 1 << 19);
        if (missing.Length > 0)
        {
            return Wrong($"its {missing} is missing or impossible");
        }

        var epsilon = file.Real($"{architecture}.attention.layer_norm_rms_epsilon") ?? 1e-5;
        var scale = file.Real($"{architecture}.attention.scale") is { } stated and not 0 ? (float)stated : 1 / MathF.Sqrt(headSize);
        var reason =
            heads % keyValueHeads != 0 ? $"its {heads} query heads cannot share {keyValueHeads} key heads evenly"
            : headSize % 16 != 0 ? $"its heads have {headSize} numbers, which is no multiple of 16"
            : valueSize != headSize ? "its values have another width than its keys"
            : embeddings.Columns != hidden ? "its embeddings do not have the width that it states"
            : embeddings.Rows > 1 << 24 ? $"it claims {embeddings.Rows:N0} tokens"
            : file.Metadata.TryGetValue("tokenizer.ggml.tokens", out var tokens) && tokens.Count > embeddings.Rows ? "it has more tokens than embeddings"
            : !(epsilon is >= 0 and < 1) ? $"its {architecture}.attention.layer_norm_rms_epsilon is impossible"
            : !(scale is > 0 and < 1e3f) ? $"its {architecture}.attention.scale is impossible"
            : file.Flag($"{architecture}.attention.causal") is false ? "its attention looks ahead, as that of no model that writes"
            : null;
        if (reason is not null)
        {
            return Wrong(reason);
        }

        var rotary = RotaryEmbedding.Read(file, architecture, headSize, context, Wrong);
        if (!rotary.IsSuccess)
        {
            return rotary.Error;
        }

        var windows = SlidingWindows.Read(file, architecture, layers, Wrong);
        if (!windows.IsSuccess)
        {
            return windows.Error;
        }

        var beta = file.Real($"{architecture}.attention.temperature_scale") ?? 0;
        var span = file.Integer($"{architecture}.rope.scaling.original_context_length") ?? context;
        if (!(beta is >= 0 and < 1e3) || span < 1)
        {
            return Wrong($"its {architecture}.attention.temperature_scale is impossible");
        }

        return new DecoderShape
        {
            Architecture = architecture,
            Layers = layers,
            Hidden = hidden,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            FeedForward = feedForward,
            Vocabulary = (int)embeddings.Rows,
            TrainedContext = context,
            Epsilon = (float)epsilon,
            AttentionScale = scale,
            Rotary = rotary.Value,
            Windows = windows.Value,
            Temperature = beta > 0 ? new QueryTemperature(beta, span) : null,
        };
    }

    // A name from a foreign file, in a sentence: short and in one line.
    private static string Shown(string text) => new([.. text.Take(40).Select(c => char.IsControl(c) ? '?' : c)]);
}
