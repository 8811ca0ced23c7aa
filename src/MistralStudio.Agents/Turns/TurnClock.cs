using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Turns;

/// <summary>Reads where a turn's time goes off its stream.</summary>
internal sealed class TurnClock(TimeProvider time)
{
    private readonly long _begin = time.GetTimestamp();
    private double? _firstTokenMs;
    private GenerationTimings? _generation;
    private GenerationProgress? _progress;
    private UsageDetails _usage = new();
    private decimal? _cost;
    private string? _standIn;

    /// <summary>Time spent looking passages up, ms.</summary>
    public double RetrievalMs { get; set; }

    /// <summary>Where that time went.</summary>
    public SearchTimings? Search { get; set; }

    /// <summary>Notes what an update of the model says of tokens and time.</summary>
    public void Read(ChatResponseUpdate update)
    {
        if (update.Text.Length > 0)
        {
            _firstTokenMs ??= Elapsed();
        }

        _standIn ??= update.StandIn;
        _progress = update.Progress ?? _progress;
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
            {
                _usage = usage.Details;
            }
        }

        if (update.AdditionalProperties?.TryGetValue(GenerationTimings.Key, out var timings) == true)
        {
            _generation = timings as GenerationTimings;
        }

        if (update.AdditionalProperties?.TryGetValue(ModelPrice.CostKey, out var cost) == true)
        {
            _cost = cost as decimal?;
        }
    }

    /// <summary>The model was stopped: what it said with its last words is all that there is. Returns the tokens, null where it said nothing.</summary>
    public TokenUsage? Stop()
    {
        if (_progress is null)
        {
            return null;
        }

        _generation = _progress.Timings;
        _usage = new() { InputTokenCount = _progress.InputTokens, OutputTokenCount = _progress.OutputTokens };
        return Usage();
    }

    public TokenUsage Usage() => new(
        (int)(_usage.InputTokenCount ?? 0), (int)(_usage.OutputTokenCount ?? 0), _generation?.CachedTokens ?? (int)(_usage.CachedInputTokenCount ?? 0), _cost)
    {
        StandIn = _standIn,
    };

    public TurnTimings Timings()
    {
        var total = Elapsed();
        var firstToken = _firstTokenMs ?? total;
        // A remote model does not say what happened inside it: waiting for its first token is queue, the rest decode.
        var decode = _generation?.DecodeMs ?? total - firstToken;
        var tokens = _usage.OutputTokenCount ?? 0;
        return new TurnTimings(
            RetrievalMs,
            _generation?.QueueMs ?? Math.Max(0, firstToken - RetrievalMs),
            _generation?.PrefillMs ?? 0,
            decode,
            firstToken,
            total,
            tokens > 1 && decode > 0 ? (tokens - 1) * 1000.0 / decode : 0)
        {
            Search = Search,
            TemplateMs = _generation?.TemplateMs,
            TokenizeMs = _generation?.TokenizeMs,
            MaskMs = _generation?.MaskMs is > 0 and var mask ? mask : null,
            MeanRows = _generation?.MeanRows,
        };
    }

    private double Elapsed() => time.GetElapsedTime(_begin).TotalMilliseconds;
}
