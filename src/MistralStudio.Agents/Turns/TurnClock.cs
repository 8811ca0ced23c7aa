using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Turns;

/// <summary>Reads where a turn's time goes off its stream.</summary>
internal sealed class TurnClock(TimeProvider time)
{
    // Words that came within it came at once, whatever the model took to write them.
    private const double BurstMs = 20;

    private readonly long _begin = time.GetTimestamp();
    private double? _firstTokenMs;
    private GenerationTimings? _generation;
    private GenerationProgress? _progress;
    private UsageDetails _usage = new();
    private decimal? _cost;
    private string? _standIn;

    // Of the model's answers before the one that is being made.
    private TokenUsage _usedBefore = new(0, 0);
    private GenerationTimings? _spentBefore;
    private double? _toolMs;
    private double _decidingMs;

    /// <summary>Time spent looking passages up, ms.</summary>
    public double RetrievalMs { get; set; }

    /// <summary>Where that time went.</summary>
    public SearchTimings? Search { get; set; }

    /// <summary>Notes what an update of the model says of tokens and time.</summary>
    public void Read(ChatResponseUpdate update)
    {
        if (update.Text.Length > 0)
        {
            _firstTokenMs ??= Elapsed() - _decidingMs;
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

    /// <summary>Notes time spent with a tool.</summary>
    /// <param name="deciding">How long a person thought about it, which is nobody's time, ms.</param>
    /// <param name="calling">How long it took, ms.</param>
    public void NoteTool(double deciding, double calling)
    {
        _decidingMs += deciding;
        _toolMs = (_toolMs ?? 0) + calling;
    }

    /// <summary>The model called tools and is asked again: what it used so far is added up.</summary>
    public void BeginNext()
    {
        _usedBefore = Usage();
        _spentBefore = _generation is { } spent ? Sum(_spentBefore, spent) : _spentBefore;
        (_generation, _progress, _usage, _cost) = (null, null, new(), null);
    }

    /// <summary>The model was stopped: what it said with its last words is all that there is. Returns the tokens, null where it said nothing.</summary>
    public TokenUsage? Stop()
    {
        if (_progress is null)
        {
            return _usedBefore is { InputTokens: 0, OutputTokens: 0 } ? null : Usage();
        }

        _generation = _progress.Timings;
        _usage = new() { InputTokenCount = _progress.InputTokens, OutputTokenCount = _progress.OutputTokens };
        return Usage();
    }

    public TokenUsage Usage() => new(
        _usedBefore.InputTokens + (int)(_usage.InputTokenCount ?? 0),
        _usedBefore.OutputTokens + (int)(_usage.OutputTokenCount ?? 0),
        _usedBefore.CachedTokens + (_generation?.CachedTokens ?? (int)(_usage.CachedInputTokenCount ?? 0)),
        _cost is null && _usedBefore.Cost is null ? null : (_cost ?? 0) + (_usedBefore.Cost ?? 0))
    {
        StandIn = _standIn,
    };

    public TurnTimings Timings()
    {
        var total = Elapsed() - _decidingMs;
        var firstToken = Math.Min(_firstTokenMs ?? total, total);
        var generation = _generation is { } last ? Sum(_spentBefore, last) : _spentBefore;
        // A remote model does not say what happened inside it: waiting for its first token is queue, the rest decode.
        var decode = generation?.DecodeMs ?? Math.Max(0, total - firstToken - (_toolMs ?? 0));
        var tokens = Usage().OutputTokens;
        var tells = decode > (generation is null ? BurstMs : 0);
        return new TurnTimings(
            RetrievalMs,
            generation?.QueueMs ?? Math.Max(0, firstToken - RetrievalMs),
            generation?.PrefillMs ?? 0,
            decode,
            firstToken,
            total,
            tokens > 1 && tells ? (tokens - 1) * 1000.0 / decode : 0)
        {
            Search = Search,
            ToolMs = _toolMs,
            TemplateMs = generation?.TemplateMs,
            TokenizeMs = generation?.TokenizeMs,
            MaskMs = generation?.MaskMs is > 0 and var mask ? mask : null,
            MeanRows = generation?.MeanRows,
        };
    }

    private double Elapsed() => time.GetElapsedTime(_begin).TotalMilliseconds;

    private static GenerationTimings Sum(GenerationTimings? before, GenerationTimings last) => before is null ? last : last with
    {
        QueueMs = before.QueueMs + last.QueueMs,
        PrefillMs = before.PrefillMs + last.PrefillMs,
        DecodeMs = before.DecodeMs + last.DecodeMs,
        CachedTokens = last.CachedTokens,
    };
}
