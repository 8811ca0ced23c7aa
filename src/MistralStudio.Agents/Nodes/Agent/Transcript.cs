using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Agents.Tools;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>One answer of the model, as the journal has it.</summary>
internal sealed record ModelTurn(string Model, string Text, IReadOnlyList<WantedCall> Calls, string Finish, int InputTokens, int OutputTokens, int CachedTokens, decimal? Cost, string? StandIn)
{
    /// <summary>An answer; a call without an id gets one of its place.</summary>
    public static ModelTurn Of(ModelAnswer answer, int turn) => new(
        answer.Model, answer.Text, WantedCall.In(answer.Message.Contents, turn),
        answer.Finish, answer.Usage.InputTokens, answer.Usage.OutputTokens, answer.Usage.CachedTokens, answer.Usage.Cost, answer.Usage.StandIn);

    /// <summary>As the model is shown what it said.</summary>
    public ChatMessage Message() => WantedCall.Message(Text, Calls);

    public TokenUsage Usage() => new(InputTokens, OutputTokens, CachedTokens, Cost) { StandIn = StandIn };
}

/// <summary>What a tool gave, as the journal has it: <c>{"text", "failed"}</c>; a person who settles a call that a crash cut off may give any value.</summary>
internal static class ToolTurn
{
    public static FlowValue Write(string text, bool failed) => FlowValue.From(new { text = ToolText.Cut(text, ToolText.MostKept), failed });

    public static string Read(FlowValue value) => value.Json.ValueKind switch
    {
        JsonValueKind.Object when value.Json.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String => text.GetString()!,
        JsonValueKind.Null => "Done.",
        _ => value.Text,
    };
}
