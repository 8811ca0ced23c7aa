using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Tests.Gguf;

namespace MistralStudio.Inference.Tests.Decoders;

/// <summary>Every architecture and type against outputs that other code computed, in both kinds of graph.</summary>
public sealed class FamilyTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string[] s_floats =
    [
        "llama/llama-f32", "llama/llama-f16", "llama/llama-bf16", "llama3/llama3-f32", "mistral/mistral-f32", "ministral3/ministral3-f32",
        "ministral3-tied/ministral3-tied-f32", "qwen2/qwen2-f32", "qwen2/qwen2-f16", "qwen3/qwen3-f32",
    ];

    private static readonly string[] s_quantised =
    [
        "llama/llama-q4_0", "llama/llama-q4_1", "llama/llama-q5_0", "llama/llama-q5_1", "llama/llama-q8_0", "qwen2/qwen2-q8_0", "qwen3/qwen3-q8_0",
        "llama-wide/llama-wide-q4_k", "llama-wide/llama-wide-q4_k_m", "llama-wide/llama-wide-q5_k", "llama-wide/llama-wide-q6_k",
    ];

    private readonly TempFolder _folder = new();

    public static TheoryData<string, int> Files => Cross([.. s_floats, .. s_quantised]);

    public static TheoryData<string, int> Quantised => Cross(s_quantised);

    [Theory]
    [MemberData(nameof(Files))]
    public void Logits_AreTheGoldenOnes_WhereNothingIsRounded(string name, int form)
    {
        using var model = new FamilyModel(FamilyModel.Find(name), (DecoderForm)form, allFloat: true);
        AssertGolden(model, FamilyModel.Goldens(name));
    }

    [Theory]
    [MemberData(nameof(Quantised))]
    public void Probabilities_AreNearTheGoldenOnes_WithWeightsAsTheyAreStored(string name, int form)
    {
        using var model = new FamilyModel(FamilyModel.Find(name), (DecoderForm)form, allFloat: false);
        foreach (var golden in FamilyModel.Goldens(name))
        {
            var logits = model.Prefill(golden.Tokens);

            var (p, q) = (Distributions.LogProbabilities(golden.Logits), Distributions.LogProbabilities(logits));
            var difference = p.Zip(q, (a, b) => Math.Abs(Math.Exp(a) - Math.Exp(b))).Max();
            var divergence = Distributions.Divergence(golden.Logits, logits);
            output.WriteLine($"{name} {(DecoderForm)form}, {golden.Tokens.Length} tokens: probability off by {difference:F4}, KL {divergence:F5}");

            // Activations are rounded to 8 bits in both; the runtime's operators have no other form for most types than 8-bit weights.
            var bound = (DecoderForm)form == DecoderForm.Packed ? 1 : 2;
            Assert.InRange(difference, 0, 0.07 * bound);
            Assert.InRange(divergence, 0, 0.02 * bound);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Conversations_AreTheSame_InChunksAndInBatches(string name, int form)
    {
        using var model = new FamilyModel(FamilyModel.Find(name), (DecoderForm)form, allFloat: false);
        var prompts = FamilyModel.Goldens(name).Select(golden => golden.Tokens).Take(3).ToList();
        var alone = prompts.Select(prompt =>
        {
            model.Prefill(prompt);
            return model.Decoder.Decode([7], [prompt.Length]).ToArray();
        }).ToList();

        for (var slot = 0; slot < prompts.Count; slot++)
        {
            model.Prefill(prompts[slot], chunk: 7, slot);
        }

        var together = model.Decoder.Decode([7, 7, 7], [.. prompts.Select(prompt => prompt.Length)]);

        for (var row = 0; row < prompts.Count; row++)
        {
            var logits = together.Slice(row * model.Vocabulary, model.Vocabulary).ToArray();
            if (model.Decoder.IsBatchInvariant)
            {
                Assert.Equal(alone[row], logits);
            }
            else
            {
                Assert.InRange(Largest(alone[row], logits), 0, 1e-3);
            }
        }
    }

    // llama.cpp reads no window for this architecture, so its converter writes none; the golden outputs of the publisher's code have one.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void AWindow_IsHonoured_WhereTheFileStatesIt(int form)
    {
        var path = With("mistral/mistral-f32", more => more.UInt32("llama.attention.sliding_window", 8));
        using var model = new FamilyModel(path, (DecoderForm)form, allFloat: true);

        AssertGolden(model, FamilyModel.Published("mistral"));
        var prompt = FamilyModel.Published("mistral")[^1].Tokens;
        var whole = model.Prefill(prompt);
        Assert.InRange(Largest(whole, model.Prefill(prompt, chunk: 5)), 0, model.Decoder.IsBatchInvariant ? 0 : 1e-3);
    }

    [Fact]
    public void WindowsOfSomeLayers_AreTheSame_InBothKindsOfGraph()
    {
        var mixed = With("mistral/mistral-f32", more => more
            .UInt32("llama.attention.sliding_window", 8).Flags("llama.attention.sliding_window_pattern", true, false));
        var prompt = FamilyModel.Published("mistral")[^1].Tokens;

        using var packed = new FamilyModel(mixed, DecoderForm.Packed, allFloat: true);
        using var portable = new FamilyModel(mixed, DecoderForm.NBits, allFloat: true);

        Assert.Equal([8, 0], packed.Shape.Windows);
        var logits = packed.Prefill(prompt);
        Assert.InRange(Largest(logits, portable.Prefill(prompt)), 0, 1e-3);
        Assert.NotInRange(Largest(logits, FamilyModel.Published("mistral")[^1].Logits), 0, 1e-2);
        Assert.NotInRange(Largest(logits, FamilyModel.Goldens("mistral/mistral-f32")[^1].Logits), 0, 1e-2);
    }

    [Fact]
    public void AStatedAttentionScale_IsTheSame_InBothKindsOfGraph()
    {
        var scaled = With("llama/llama-f32", more => more.Float("llama.attention.scale", 0.4f));
        var golden = FamilyModel.Goldens("llama/llama-f32")[1];

        using var packed = new FamilyModel(scaled, DecoderForm.Packed, allFloat: true);
        using var portable = new FamilyModel(scaled, DecoderForm.NBits, allFloat: true);

        var logits = packed.Prefill(golden.Tokens);
        Assert.InRange(Largest(logits, portable.Prefill(golden.Tokens)), 0, 1e-3);
        Assert.NotInRange(Largest(logits, golden.Logits), 0, 1e-2);
    }

    public void Dispose() => _folder.Dispose();

    private static TheoryData<string, int> Cross(string[] names)
    {
        var cases = new TheoryData<string, int>();
        foreach (var name in names)
        {
            cases.Add(name, (int)DecoderForm.NBits);
            cases.Add(name, (int)DecoderForm.Packed);
        }

        return cases;
    }

    private static double Largest(float[] expected, float[] actual) => expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();

    private static void AssertGolden(FamilyModel model, List<Golden> goldens)
    {
        foreach (var golden in goldens)
        {
            var logits = model.Prefill(golden.Tokens);

            Assert.InRange(Largest(golden.Logits, logits), 0, 1e-3);
            if (golden.Greedy.Length > 0)
            {
                Assert.Equal(golden.Greedy, model.Greedy(logits, golden.Tokens.Length, golden.Greedy.Length));
            }
        }
    }

    private string With(string name, Action<GgufBytes> add)
    {
        var more = new GgufBytes();
        add(more);
        return _folder.Write("changed.gguf", more.AddTo(File.ReadAllBytes(FamilyModel.Find(name))));
    }
}
