using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Tests.Structured;

namespace MistralStudio.Inference.Tests.Engine;

/// <summary>An engine over a <see cref="HistoryDecoder"/> whose tokens are bytes.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    public TestEngine(int slots = 4, int capacity = 4096, int share = 64, float endLogit = -50, TimeProvider? time = null)
    {
        Decoder = new HistoryDecoder(slots, capacity, Vocabularies.Bytes.Vocabulary.Count) { EndLogit = endLogit };
        Loop = new EngineLoop(Decoder, "test", share, NullLogger.Instance, time, answers: Answers);
    }

    public DecodeActivity Answers { get; } = new();

    public HistoryDecoder Decoder { get; }

    public EngineLoop Loop { get; }

    public static GenerationRequest Request(int[] prompt, int most = 20, long seed = 1, float temperature = 1) =>
        new(prompt, most, new SamplingOptions { Temperature = temperature, Seed = seed }, []);

    public static int[] Prompt(int length, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next('a', 'z'))];
    }

    public Generation Submit(GenerationRequest request, CancellationToken cancellation)
    {
        var generation = new Generation(request, Vocabularies.Bytes.Vocabulary, TimeProvider.System, TimeProvider.System.GetTimestamp(), cancellation, Grammar(request));
        Loop.Submit(generation);
        return generation;
    }

    public async Task<TestAnswer> AskAsync(GenerationRequest request, CancellationToken cancellation) => await ReadAsync(Submit(request, cancellation), cancellation);

    public static async Task<TestAnswer> ReadAsync(Generation generation, CancellationToken cancellation)
    {
        var answer = new TestAnswer(generation.Request.Choices);
        await foreach (var happened in generation.Events.ReadAllAsync(cancellation))
        {
            switch (happened)
            {
                case GenerationEvent.Text text:
                    answer.Texts[text.Choice] += text.Piece;
                    answer.Logprobs[text.Choice].AddRange(text.Logprobs ?? []);
                    break;
                case GenerationEvent.ChoiceFinished ended:
                    answer.Reasons[ended.Choice] = ended.Reason;
                    break;
                case GenerationEvent.Finished finished:
                    answer.Reasons[finished.Choice] = finished.Reason;
                    answer.End = finished;
                    break;
                case GenerationEvent.Failed failed:
                    answer.Error = failed.Error;
                    break;
            }
        }

        return answer;
    }

    public ValueTask DisposeAsync() => Loop.DisposeAsync();

    private static GrammarState? Grammar(GenerationRequest request) => request.Grammar?.Start(Vocabularies.Bytes).Value;
}

/// <summary>All that came of a generation.</summary>
internal sealed class TestAnswer(int choices)
{
    public string[] Texts { get; } = [.. Enumerable.Repeat("", choices)];

    public string?[] Reasons { get; } = new string?[choices];

    public List<TokenLogprob>[] Logprobs { get; } = [.. Enumerable.Range(0, choices).Select(_ => new List<TokenLogprob>())];

    public GenerationEvent.Finished? End { get; set; }

    public Error? Error { get; set; }
}
