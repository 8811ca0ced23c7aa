using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Safetensors;

namespace MistralStudio.Inference.Encoders;

/// <summary>The tensors that an encoder's graph is made of.</summary>
internal static class EncoderTensors
{
    /// <summary>Name of the table of words, without what a checkpoint with a head puts before it.</summary>
    public const string Words = "embeddings.word_embeddings.weight";

    /// <summary>What stands before the names of a file's encoder: nothing, or the encoder's own name where it has a head.</summary>
    public static string RootOf(SafetensorsFile file) =>
        new[] { "", "bert.", "roberta." }.FirstOrDefault(root => file.Tensors.ContainsKey(root + Words)) ?? "";

    /// <summary>What keeps a file from being compiled, from its header alone; null where nothing does.</summary>
    public static Error? Check(SafetensorsFile file, EncoderConfig config)
    {
        try
        {
            foreach (var (name, shape) in Needed(RootOf(file), config))
            {
                file.Reals(name, shape);
            }

            return null;
        }
        catch (InvalidDataException lacking)
        {
            return ModelErrors.Unreadable("model.safetensors", lacking.Message);
        }
    }

    /// <summary>The dense layer and the last one of a cross-encoder's head.</summary>
    public static (string Dense, string Last) Head(string root, EncoderConfig config) =>
        config.IsXlmRoberta ? ("classifier.dense", "classifier.out_proj") : ($"{root}pooler.dense", "classifier");

    private static IEnumerable<(string Name, long[] Shape)> Needed(string root, EncoderConfig config)
    {
        long hidden = config.Hidden, wide = config.Intermediate;
        yield return (root + Words, [config.VocabularySize, hidden]);
        yield return ($"{root}embeddings.position_embeddings.weight", [config.Positions, hidden]);
        yield return ($"{root}embeddings.token_type_embeddings.weight", [config.TokenTypes, hidden]);
        foreach (var norm in Norm($"{root}embeddings.LayerNorm"))
        {
            yield return norm;
        }

        for (var layer = 0; layer < config.Layers; layer++)
        {
            var prefix = $"{root}encoder.layer.{layer}";
            (string Name, long[] Shape)[] parts =
            [
                .. Dense($"{prefix}.attention.self.query", hidden, hidden), .. Dense($"{prefix}.attention.self.key", hidden, hidden),
                .. Dense($"{prefix}.attention.self.value", hidden, hidden), .. Dense($"{prefix}.attention.output.dense", hidden, hidden),
                .. Norm($"{prefix}.attention.output.LayerNorm"), .. Dense($"{prefix}.intermediate.dense", wide, hidden),
                .. Dense($"{prefix}.output.dense", hidden, wide), .. Norm($"{prefix}.output.LayerNorm"),
            ];
            foreach (var part in parts)
            {
                yield return part;
            }
        }

        if (config.Head == EncoderHead.Score)
        {
            var (dense, last) = Head(root, config);
            foreach (var part in Dense(dense, hidden, hidden).Concat(Dense(last, 1, hidden)))
            {
                yield return part;
            }
        }

        static IEnumerable<(string Name, long[] Shape)> Dense(string name, long rows, long columns) => [($"{name}.weight", [rows, columns]), ($"{name}.bias", [rows])];

        IEnumerable<(string Name, long[] Shape)> Norm(string name) => [($"{name}.weight", [hidden]), ($"{name}.bias", [hidden])];
    }
}
