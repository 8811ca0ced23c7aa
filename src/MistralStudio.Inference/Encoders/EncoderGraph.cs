using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Safetensors;

namespace MistralStudio.Inference.Encoders;

/// <summary>
/// A BERT or XLM-R encoder as an ONNX graph on ONNX Runtime's fused operators: <c>ids</c> int32 <c>[batch, sequence]</c>, <c>lengths</c> int32
/// <c>[batch]</c> (tokens of each row, padding behind them) and, where <see cref="EncoderConfig.TellsTypes"/>, <c>types</c> int32
/// <c>[batch, sequence]</c>; to <c>hidden</c> float <c>[batch, sequence, hidden]</c>, or to <c>score</c> float <c>[batch, 1]</c> (logits) of a
/// cross-encoder. Everything is single precision: with 8-bit weights and activations (<c>MatMulNBits</c>, blocks of 32) the cosine to the
/// reference fell to 0.998.
/// </summary>
internal sealed class EncoderGraph(EncoderConfig config, SafetensorsFile file)
{
    /// <summary>Raised with every change of the graph, so that no older compiled one is used.</summary>
    public const int Version = 2;

    private readonly string _root = EncoderTensors.RootOf(file);

    /// <summary>Compiles the encoder into <c>model.onnx</c> and <c>model.bin</c> of a folder.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape; the message names it.</exception>
    public void Build(string folder)
    {
        using var weights = new WeightFile(Path.Combine(folder, "model.bin"));
        var graph = new GraphBuilder("encoder", weights);
        graph.Input("ids", ElementType.Int32, "batch", "sequence");
        graph.Input("lengths", ElementType.Int32, "batch");
        if (config.TellsTypes)
        {
            graph.Input("types", ElementType.Int32, "batch", "sequence");
        }

        var hidden = Embed(graph);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            hidden = Layer(graph, layer, hidden);
        }

        if (config.Head == EncoderHead.Score)
        {
            Score(graph, hidden);
            graph.Output("score", ElementType.Float, "batch", 1);
        }
        else
        {
            graph.Node("Identity", "hidden", [hidden]);
            graph.Output("hidden", ElementType.Float, "batch", "sequence", config.Hidden);
        }

        graph.Save(Path.Combine(folder, "model.onnx"));
    }

    private string Embed(GraphBuilder graph)
    {
        var positions = file.Floats($"{_root}embeddings.position_embeddings.weight", config.Positions, config.Hidden)[(config.FirstPosition * config.Hidden)..];
        var types = file.Floats($"{_root}embeddings.token_type_embeddings.weight", config.TokenTypes, config.Hidden);
        if (!config.TellsTypes)
        {
            // There is one token type only, so its vector is added to every position once and for all.
            for (var i = 0; i < positions.Length; i++)
            {
                positions[i] += types[i % config.Hidden];
            }
        }

        graph.Node(
            GraphBuilder.Microsoft,
            "EmbedLayerNormalization",
            ["embedded", "embedded.mask"],
            [
                "ids", config.TellsTypes ? "types" : "",
                Matrix(graph, "embeddings.words", file.Floats($"{_root}{EncoderTensors.Words}", config.VocabularySize, config.Hidden), config.VocabularySize, config.Hidden),
                Matrix(graph, "embeddings.positions", positions, config.Positions - config.FirstPosition, config.Hidden),
                config.TellsTypes ? Matrix(graph, "embeddings.types", types, config.TokenTypes, config.Hidden) : "",
                Vector(graph, $"{_root}embeddings.LayerNorm.weight", config.Hidden), Vector(graph, $"{_root}embeddings.LayerNorm.bias", config.Hidden),
            ],
            Attributes.Float("epsilon", config.Epsilon));
        return "embedded";
    }

    private string Layer(GraphBuilder graph, int layer, string hidden)
    {
        var prefix = $"{_root}encoder.layer.{layer}";
        var (wide, narrow) = (config.Intermediate, config.Hidden);
        var attention = Attention(graph, prefix, hidden);
        var projected = Multiply(graph, $"{prefix}.attention.output", attention, [$"{prefix}.attention.output.dense"], narrow, narrow);
        hidden = AddNorm(graph, $"{prefix}.attention.normed", projected, hidden, $"{prefix}.attention.output");

        var up = Multiply(graph, $"{prefix}.up", hidden, [$"{prefix}.intermediate.dense"], wide, narrow);
        var active = graph.MicrosoftNode("BiasGelu", $"{prefix}.gelu", [up, Vector(graph, $"{prefix}.intermediate.dense.bias", wide)]);
        var down = Multiply(graph, $"{prefix}.down", active, [$"{prefix}.output.dense"], narrow, wide);
        return AddNorm(graph, $"{prefix}.normed", down, hidden, $"{prefix}.output");
    }

    private string Attention(GraphBuilder graph, string prefix, string hidden)
    {
        string[] parts = [$"{prefix}.attention.self.query", $"{prefix}.attention.self.key", $"{prefix}.attention.self.value"];
        var packed = Multiply(graph, $"{prefix}.qkv", hidden, parts, config.Hidden, config.Hidden);
        graph.Node(
            "", "Split", [.. parts], [packed], Attributes.Int("axis", -1), Attributes.Int("num_outputs", 3));
        float[] bias = [.. parts.SelectMany(part => file.Floats($"{part}.bias", config.Hidden))];
        return graph.MicrosoftNode(
            "MultiHeadAttention",
            $"{prefix}.attention",
            [.. parts, graph.Weight<float>($"{prefix}.qkv.bias", ElementType.Float, [bias.Length], bias), "lengths"],
            Attributes.Int("num_heads", config.Heads));
    }

    /// <summary>A dense layer with tanh over the first token's state, then one number of it.</summary>
    private void Score(GraphBuilder graph, string hidden)
    {
        var (dense, last) = EncoderTensors.Head(_root, config);
        var first = graph.Node("Gather", "first", [hidden, graph.Weight<long>("first.index", ElementType.Int64, [], [0])], Attributes.Int("axis", 1));
        var pooled = graph.Node("Tanh", "pooled", [Project(graph, "pooled", first, dense, config.Hidden)]);
        graph.Node("Identity", "score", [Project(graph, "scored", pooled, last, 1)]);
    }

    private string Project(GraphBuilder graph, string name, string value, string weights, int rows) => graph.Node(
        "Add", $"{name}.sum", [Multiply(graph, name, value, [weights], rows, config.Hidden), Vector(graph, $"{weights}.bias", rows)]);

    private string AddNorm(GraphBuilder graph, string output, string value, string skip, string weights) =>
        graph.MicrosoftNode(
            "SkipLayerNormalization",
            output,
            [
                value, skip, Vector(graph, $"{weights}.LayerNorm.weight", config.Hidden), Vector(graph, $"{weights}.LayerNorm.bias", config.Hidden),
                Vector(graph, $"{weights}.dense.bias", config.Hidden),
            ],
            Attributes.Float("epsilon", config.Epsilon));

    /// <summary>Multiplies with the weights <c>[rows, columns]</c> of the parts, stacked; biases are left to the next operator.</summary>
    private string Multiply(GraphBuilder graph, string name, string value, ReadOnlySpan<string> parts, int rows, int columns)
    {
        var stacked = new float[parts.Length * rows * columns];
        for (var part = 0; part < parts.Length; part++)
        {
            file.Floats($"{parts[part]}.weight", rows, columns).CopyTo(stacked, part * rows * columns);
        }

        rows *= parts.Length;
        var transposed = new float[stacked.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                transposed[column * rows + row] = stacked[row * columns + column];
            }
        }

        return graph.Node("MatMul", $"{name}.product", [value, Matrix(graph, $"{name}.weight", transposed, columns, rows)]);
    }

    private string Vector(GraphBuilder graph, string name, int length) =>
        graph.Weight<float>(name, ElementType.Float, [length], file.Floats(name, length));

    private static string Matrix(GraphBuilder graph, string name, float[] values, int rows, int columns) =>
        graph.Weight<float>(name, ElementType.Float, [rows, columns], values);
}
