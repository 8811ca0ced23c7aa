using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Tokenization;

/// <summary>The tokenizer and chat template of the starter model, read once.</summary>
internal static class StarterTokenizer
{
    private static readonly Lazy<(Tokenizer Tokenizer, string? Template)> s_read = new(Read);

    public const string FileName = "SmolLM2-135M-Instruct.Q4_1.gguf";

    public static Tokenizer Tokenizer => s_read.Value.Tokenizer;

    public static string? Template => s_read.Value.Template;

    private static (Tokenizer, string?) Read()
    {
        using var file = GgufFile.Open(Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", FileName)).Value;
        return (Tokenizers.FromGguf(file).Value, file.Text("tokenizer.chat_template"));
    }
}
