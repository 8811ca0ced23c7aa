using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Sampling;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Engine;

/// <summary>What the engine says of how busy it is, over a decoder that computes nothing.</summary>
public sealed class ActiveRequestsTests : IAsyncDisposable
{
    private const int End = 1;
    private const int QueueLimit = 3;

    private static readonly Vocabulary s_vocabulary = new(["a"u8.ToArray(), "<end>"u8.ToArray()], [TokenKind.Normal, TokenKind.Control], [], [End]);

    private readonly GatedDecoder _decoder = new();
    private readonly EngineLoop _engine;

    public ActiveRequestsTests() => _engine = new EngineLoop(_decoder, "test", QueueLimit, NullLogger.Instance);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void AnAnswerWhoseEndWasRead_IsNotCountedAnyMore()
    {
        _decoder.Gate.Set();
        for (var i = 0; i < 2000; i++)
        {
            var generation = Submit(CancellationToken.None);
            // Spins, so that the end is seen at the instant it can be.
            while (!generation.Events.TryRead(out var happened) || happened is not GenerationEvent.Finished)
            {
                Token.ThrowIfCancellationRequested();
            }

            Assert.Equal(0, _engine.ActiveRequests);
        }
    }

    [Fact]
    public async Task WhatRunsAndWaits_IsCounted_AndOneMoreThanTheQueueHoldsIsRefused()
    {
        using var leave = new CancellationTokenSource();
        var admitted = Enumerable.Range(0, _decoder.Slots + QueueLimit).Select(_ => Submit(leave.Token)).ToList();
        Assert.Equal(admitted.Count, _engine.ActiveRequests);
        Assert.Equal("model.queue_full", Assert.Throws<ModelException>(() => Submit(leave.Token)).Error.Code);
        Assert.Equal(admitted.Count, _engine.ActiveRequests);

        await leave.CancelAsync();
        _decoder.Gate.Set();
        foreach (var generation in admitted)
        {
            await ReadToItsEndAsync(generation);
        }

        Assert.Equal(0, _engine.ActiveRequests);
    }

    public async ValueTask DisposeAsync()
    {
        _decoder.Gate.Set();
        await _engine.DisposeAsync();
        _decoder.Gate.Dispose();
    }

    private Generation Submit(CancellationToken cancellation)
    {
        var generation = new Generation(
            new GenerationRequest([0], MaxTokens: 4, new SamplingOptions { Temperature = 0 }, []), s_vocabulary, TimeProvider.System, 0, cancellation);
        _engine.Submit(generation);
        return generation;
    }

    private static async Task ReadToItsEndAsync(Generation generation)
    {
        try
        {
            await foreach (var _ in generation.Events.ReadAllAsync(Token))
            {
            }
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            // The one that was being computed ends by itself, the others as cancelled.
        }
    }

    /// <summary>Answers one letter and the end, once its gate is open.</summary>
    private sealed class GatedDecoder : IDecoder
    {
        public ManualResetEventSlim Gate { get; } = new();

        public int Slots => 2;

        public int Capacity => 8;

        public bool IsBatchInvariant => false;

        public long MemoryBytes => 0;

        public Span<float> Prefill(int slot, ReadOnlySpan<int> tokens, int position, bool wantLogits)
        {
            Gate.Wait();
            return new float[] { 1, 0 };
        }

        public Span<float> Decode(ReadOnlySpan<int> tokens, ReadOnlySpan<int> positions)
        {
            Gate.Wait();
            return Enumerable.Range(0, tokens.Length).SelectMany(_ => new float[] { 0, 1 }).ToArray();
        }

        public void Copy(int from, int to, int length)
        {
        }

        public void Swap(int first, int firstLength, int second, int secondLength)
        {
        }

        public void Dispose()
        {
        }
    }
}
