using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Structured.Masks;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Inference.Tools;

namespace MistralStudio.Inference.Hosting;

/// <summary>A chat model in memory: its tokenizer, its template and the engine that owns its decoder.</summary>
internal sealed class ChatModel : IAsyncDisposable
{
    private readonly Lazy<VocabularyTrie> _grammars;

    private ChatModel(Tokenizer tokenizer, PromptEncoder prompts, ToolFormat tools, EngineLoop engine, int contextLength, long memoryBytes)
    {
        Tokenizer = tokenizer;
        Tools = tools;
        AnswerGrammars = new AnswerGrammars(tools, tokenizer.Vocabulary);
        ToolMarks = tools.Marks.Select(mark => tokenizer.Vocabulary.Special[mark]).OfType<int>().ToHashSet();
        Prompts = prompts;
        Engine = engine;
        ContextLength = contextLength;
        MemoryBytes = memoryBytes;
        _grammars = new(() => VocabularyTrie.Of(tokenizer.Vocabulary));
    }

    public Tokenizer Tokenizer { get; }

    public PromptEncoder Prompts { get; }

    /// <summary>The vocabulary as grammars need it; made on first use, which takes tens of milliseconds.</summary>
    public VocabularyTrie Grammars => _grammars.Value;

    /// <summary>How the model writes calls of tools.</summary>
    public ToolFormat Tools { get; }

    /// <summary>The tokens of that format, where they are such.</summary>
    public IReadOnlySet<int> ToolMarks { get; }

    /// <summary>What answers were held to before.</summary>
    public AnswerGrammars AnswerGrammars { get; }

    public EngineLoop Engine { get; }

    public int ContextLength { get; }

    /// <summary>Bytes that weights and conversations take at most.</summary>
    public long MemoryBytes { get; }

    /// <summary>What computes it, for a person.</summary>
    public required string Device { get; init; }

    /// <summary>Why not the device that was wished for; null where it is, or none was.</summary>
    public Error? DeviceReason { get; init; }

    /// <summary>The floats that an accelerator computes it with; empty on the processor.</summary>
    public string Precision { get; init; } = "";

    /// <summary>Why they are not float16; null where they are, or it is the processor.</summary>
    public Error? PrecisionReason { get; init; }

    /// <summary>Loads a GGUF file, compiled on first use; takes about a second.</summary>
    /// <param name="contentHash">SHA-256 of the file.</param>
    /// <param name="compiled">Where compiled models are kept.</param>
    /// <param name="size">Its conversations.</param>
    /// <param name="choice">Where it is to be computed.</param>
    public static Result<ChatModel> Open(
        string id, string path, string contentHash, GraphCache compiled, SlotSize size, InferenceOptions options, AcceleratorChoice choice, ILogger log,
        DecodeActivity answers)
    {
        var opened = GgufFile.Open(path);
        if (!opened.IsSuccess)
        {
            return opened.Error;
        }

        using var file = opened.Value;
        var shape = DecoderShape.Read(file);
        if (!shape.IsSuccess)
        {
            return shape.Error;
        }

        var tokenizer = Tokenizers.FromGguf(file);
        if (!tokenizer.IsSuccess)
        {
            return tokenizer.Error;
        }

        var template = ChatTemplate.Open(Path.GetFileName(path), file.Text("tokenizer.chat_template"), tokenizer.Value, TimeProvider.System);
        if (!template.IsSuccess)
        {
            return template.Error;
        }

        try
        {
            var loaded = DecoderLoader.Load(file, shape.Value, contentHash, size.Slots, size.Tokens, options, compiled, choice);
            if (!loaded.IsSuccess)
            {
                return loaded.Error;
            }

            var decoder = loaded.Value.Decoder;
            var engine = new EngineLoop(decoder, id, options.QueueLength, log, answers: answers);
            var tools = ToolFormat.Of(DefaultTemplate.Of(file.Text("tokenizer.chat_template")), template.Value.KnowsTools);
            return new ChatModel(tokenizer.Value, new PromptEncoder(tokenizer.Value, template.Value), tools, engine, size.Tokens, decoder.MemoryBytes)
            {
                Device = loaded.Value.Device,
                DeviceReason = loaded.Value.Reason,
                Precision = loaded.Value.Floats?.Name ?? "",
                PrecisionReason = loaded.Value.Floats?.Reason,
            };
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            return ModelErrors.LoadFailed(id, failure.Message.TrimEnd('.'));
        }
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
