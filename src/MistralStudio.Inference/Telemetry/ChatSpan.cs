using System.Diagnostics;
using MistralStudio.Core;
using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Telemetry;

/// <summary>
/// One request as a span <c>chat {model}</c> with spans of its phases in it, and as points of the meter, both at its end. Begins with the request;
/// one that is disposed of before it was told how the request ended counts as cancelled.
/// </summary>
internal sealed class ChatSpan : IDisposable
{
    private readonly string _model;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _began;
    private readonly long _asked;
    private readonly Activity? _span;
    private readonly List<string> _reasons = [];
    private GenerationEvent.Finished? _finished;
    private string _error = "cancelled";

    public ChatSpan(string model, TimeProvider time)
    {
        _model = model;
        _time = time;
        _asked = time.GetTimestamp();
        _span = InferenceMeter.Source.StartActivity($"chat {model}", ActivityKind.Internal);
        _began = _span?.StartTimeUtc ?? time.GetUtcNow();
        Tag("gen_ai.operation.name", "chat");
        Tag("gen_ai.provider.name", InferenceMeter.Provider);
        Tag("gen_ai.request.model", model);
    }

    /// <summary>Timestamp of the request.</summary>
    public long Asked => _asked;

    /// <summary>What was asked, but for the words.</summary>
    public void NoteRequest(GenerationRequest request, string responseId)
    {
        if (_span is not { IsAllDataRequested: true })
        {
            return;
        }

        Tag("gen_ai.response.id", responseId);
        Tag("gen_ai.response.model", _model);
        Tag("gen_ai.request.max_tokens", request.MaxTokens);
        Tag("gen_ai.request.choice.count", request.Choices == 1 ? null : request.Choices);
        Tag("gen_ai.request.temperature", (double)request.Sampling.Temperature);
        Tag("gen_ai.request.top_p", (double)request.Sampling.TopP);
        Tag("gen_ai.request.top_k", (double)request.Sampling.TopK);
        Tag("gen_ai.request.frequency_penalty", request.Sampling.FrequencyPenalty == 0 ? null : (double)request.Sampling.FrequencyPenalty);
        Tag("gen_ai.request.presence_penalty", request.Sampling.PresencePenalty == 0 ? null : (double)request.Sampling.PresencePenalty);
        Tag("gen_ai.request.seed", request.Sampling.Seed);
        Tag("gen_ai.output.type", request.Grammar is null ? "text" : "json");
    }

    /// <summary>One of its answers ended.</summary>
    public void NoteReason(string reason) => _reasons.Add(reason);

    public void NoteFinished(GenerationEvent.Finished finished)
    {
        NoteReason(finished.Reason);
        _finished = finished;
    }

    /// <summary>It failed. Always false, for a filter of exceptions.</summary>
    public bool NoteFailed(Error error)
    {
        _error = error.Code;
        return false;
    }

    public void Dispose()
    {
        if (_finished is { } finished)
        {
            Finish(finished);
        }
        else
        {
            Tag("error.type", _error);
            _span?.SetStatus(ActivityStatusCode.Error);
        }

        var tags = Tags();
        if (_finished is null)
        {
            tags.Add("error.type", _error);
        }

        InferenceMeter.Duration.Record(_time.GetElapsedTime(_asked).TotalSeconds, tags);
        _span?.Dispose();
    }

    private void Finish(GenerationEvent.Finished finished)
    {
        var timings = finished.Timings;
        Tag("gen_ai.response.finish_reasons", _reasons.ToArray());
        Tag("gen_ai.usage.input_tokens", finished.InputTokens);
        Tag("gen_ai.usage.output_tokens", finished.OutputTokens);
        Tag("gen_ai.usage.cache_read.input_tokens", timings.CachedTokens);
        Tag("mistralstudio.engine.batch.size", timings.MeanRows);
        Tag("mistralstudio.engine.mask_ms", timings.MaskMs);

        // The prompt is written and split at the end of the queue's time, once the model is there.
        Phase("queue", 0, timings.QueueMs);
        Phase("template", timings.QueueMs - timings.TemplateMs - timings.TokenizeMs, timings.TemplateMs);
        Phase("tokenize", timings.QueueMs - timings.TokenizeMs, timings.TokenizeMs);
        Phase("prefill", timings.QueueMs, timings.PrefillMs, ("mistralstudio.engine.cached_tokens", timings.CachedTokens));
        Phase("decode", timings.QueueMs + timings.PrefillMs, timings.DecodeMs, ("mistralstudio.engine.batch.size", timings.MeanRows));

        var tags = Tags();
        InferenceMeter.FirstToken.Record((timings.QueueMs + timings.PrefillMs) / 1000, tags);
        InferenceMeter.Queue.Record(timings.QueueMs / 1000, tags);
        InferenceMeter.Template.Record(timings.TemplateMs / 1000, tags);
        InferenceMeter.Prefill.Record(timings.PrefillMs / 1000, tags);
        InferenceMeter.Decode.Record(timings.DecodeMs / 1000, tags);
        InferenceMeter.Rows.Record(timings.MeanRows, tags);
        InferenceMeter.CachedTokens.Add(timings.CachedTokens, tags);
        if (finished.OutputTokens > _reasons.Count)
        {
            // Several answers come side by side.
            InferenceMeter.OutputToken.Record(timings.DecodeMs / 1000 * _reasons.Count / (finished.OutputTokens - _reasons.Count), tags);
        }

        Count("input", finished.InputTokens);
        Count("output", finished.OutputTokens);
    }

    private void Count(string type, int tokens)
    {
        var tags = Tags();
        tags.Add("gen_ai.token.type", type);
        InferenceMeter.Tokens.Record(tokens, tags);
    }

    private void Phase(string name, double atMs, double lastsMs, params (string Key, object Value)[] tags)
    {
        if (_span is null)
        {
            return;
        }

        var begin = _began.AddMilliseconds(Math.Max(0, atMs));
        using var phase = InferenceMeter.Source.StartActivity(name, ActivityKind.Internal, _span.Context, startTime: begin);
        foreach (var (key, value) in tags)
        {
            phase?.SetTag(key, value);
        }

        phase?.SetEndTime(begin.AddMilliseconds(lastsMs).UtcDateTime);
    }

    private TagList Tags() => new()
    {
        { "gen_ai.operation.name", "chat" },
        { "gen_ai.provider.name", InferenceMeter.Provider },
        { "gen_ai.request.model", _model },
        { "gen_ai.response.model", _model },
    };

    private void Tag(string key, object? value) => _span?.SetTag(key, value);
}
