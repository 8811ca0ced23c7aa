using System.Text.Json.Serialization;

namespace MistralStudio.Web.Features.ModelApi.Responses;

/// <summary>One event of a stream; which fields it has hangs on its type.</summary>
internal sealed record ResponseEvent(string Type)
{
    /// <summary>Counts from 0 in each stream.</summary>
    public int SequenceNumber { get; init; }

    public WireResponse? Response { get; init; }

    public int? OutputIndex { get; init; }

    public WireItem? Item { get; init; }

    public string? ItemId { get; init; }

    public int? ContentIndex { get; init; }

    public WirePart? Part { get; init; }

    public string? Delta { get; init; }

    public string? Text { get; init; }

    public string? Name { get; init; }

    public string? Arguments { get; init; }

    public IReadOnlyList<WireLogprobs.Token>? Logprobs { get; init; }

    /// <summary>Of an <c>error</c> event.</summary>
    public string? Code { get; init; }

    public string? Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Param { get; init; }
}
