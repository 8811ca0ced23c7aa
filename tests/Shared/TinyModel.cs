using System.Text;

namespace MistralStudio.Tests.Shared;

/// <summary>
/// The smallest chat model that loads and answers, as a GGUF file made here: one layer, random weights, a token for each byte. What it says means
/// nothing; everything around it is real.
/// </summary>
public static class TinyModel
{
    private const int Hidden = 32;
    private const int Vocabulary = 260;
    private const int Text = 8;
    private const int UInt32 = 4;
    private const int Int32 = 5;
    private const int Float32 = 6;
    private const int Array = 9;

    private const string Template = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:";

    private static readonly (string Name, long[] Shape)[] s_tensors =
    [
        ("token_embd.weight", [Hidden, Vocabulary]), ("output_norm.weight", [Hidden]), ("blk.0.attn_norm.weight", [Hidden]),
        ("blk.0.attn_q.weight", [Hidden, Hidden]), ("blk.0.attn_k.weight", [Hidden, 16]), ("blk.0.attn_v.weight", [Hidden, 16]),
        ("blk.0.attn_output.weight", [Hidden, Hidden]), ("blk.0.ffn_norm.weight", [Hidden]), ("blk.0.ffn_gate.weight", [Hidden, 32]),
        ("blk.0.ffn_up.weight", [Hidden, 32]), ("blk.0.ffn_down.weight", [32, Hidden]),
    ];

    /// <summary>The file's bytes, some 60 KB.</summary>
    /// <param name="name">What it calls itself.</param>
    /// <param name="architecture">Anything else than <c>llama</c> makes it a model that nothing here computes.</param>
    /// <param name="template">Its chat template; null leaves it out.</param>
    public static byte[] ToArray(string name = "Tiny Llama", string architecture = "llama", string? template = Template)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        List<Action> pairs =
        [
            () => Pair("general.architecture", Text, () => Write(architecture)),
            () => Pair("general.name", Text, () => Write(name)),
            () => Pair("general.license", Text, () => Write("apache-2.0")),
            () => Pair($"{architecture}.block_count", UInt32, () => writer.Write(1)),
            () => Pair($"{architecture}.context_length", UInt32, () => writer.Write(1024)),
            () => Pair($"{architecture}.embedding_length", UInt32, () => writer.Write(Hidden)),
            () => Pair($"{architecture}.feed_forward_length", UInt32, () => writer.Write(32)),
            () => Pair($"{architecture}.attention.head_count", UInt32, () => writer.Write(2)),
            () => Pair($"{architecture}.attention.head_count_kv", UInt32, () => writer.Write(1)),
            () => Pair($"{architecture}.attention.layer_norm_rms_epsilon", Float32, () => writer.Write(1e-5f)),
            () => Pair("tokenizer.ggml.model", Text, () => Write("llama")),
            () => List("tokenizer.ggml.tokens", Text, Vocabulary, id => Write(id switch { 0 => "<unk>", 1 => "<s>", 2 => "</s>", 259 => "▁", _ => $"<0x{id - 3:X2}>" })),
            () => List("tokenizer.ggml.token_type", Int32, Vocabulary, id => writer.Write(id switch { 0 => 2, 1 or 2 => 3, 259 => 1, _ => 6 })),
            () => List("tokenizer.ggml.scores", Float32, Vocabulary, _ => writer.Write(0f)),
            () => Pair("tokenizer.ggml.bos_token_id", UInt32, () => writer.Write(1)),
            () => Pair("tokenizer.ggml.eos_token_id", UInt32, () => writer.Write(2)),
        ];
        if (template is not null)
        {
            pairs.Add(() => Pair("tokenizer.chat_template", Text, () => Write(template)));
        }

        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write((long)s_tensors.Length);
        writer.Write((long)pairs.Count);
        pairs.ForEach(pair => pair());
        long offset = 0;
        foreach (var (tensor, shape) in s_tensors)
        {
            Write(tensor);
            writer.Write(shape.Length);
            System.Array.ForEach(shape, writer.Write);
            writer.Write(0);
            writer.Write(offset);
            offset += Count(shape) * sizeof(float);
        }

        var random = new Random(17);
        writer.Write(new byte[(32 - (stream.Length % 32)) % 32]);
        foreach (var (_, shape) in s_tensors)
        {
            for (var i = Count(shape); i > 0; i--)
            {
                writer.Write((random.NextSingle() - 0.5f) * 2);
            }
        }

        writer.Flush();
        return stream.ToArray();

        void Write(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            writer.Write((long)bytes.Length);
            writer.Write(bytes);
        }

        void Pair(string key, int type, Action value)
        {
            Write(key);
            writer.Write(type);
            value();
        }

        void List(string key, int type, int count, Action<int> item) => Pair(key, Array, () =>
        {
            writer.Write(type);
            writer.Write((long)count);
            for (var i = 0; i < count; i++)
            {
                item(i);
            }
        });
    }

    // Each is a multiple of the file's alignment, 32 bytes.
    private static long Count(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}
