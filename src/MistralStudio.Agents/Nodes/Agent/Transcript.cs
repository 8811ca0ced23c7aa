using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Agent;

/// <summary>A tool that the model wants called.</summary>
/// <param name="Arguments">An object; null where the model wrote none that can be read.</param>
internal sealed record WantedCall(string Id, string Name, JsonElement? Arguments);

/// <summary>One answer of the model, as the journal has it.</summary>
internal sealed record ModelTurn(string Model, string Text, IReadOnlyList<WantedCall> Calls, string Finish, int InputTokens, int OutputTokens, int CachedTokens, decimal? Cost, string? StandIn)
{
    /// <summary>An answer; a call without an id gets one of its place.</summary>
    public static ModelTurn Of(ModelAnswer answer, int turn) => new(
        answer.Model, answer.Text,
        [
            .. answer.Message.Contents.OfType<FunctionCallContent>().Select((call, place) => new WantedCall(
                call.CallId is { Length: > 0 } id ? id : $"call_{turn}_{place}", call.Name,
                call.Exception is null ? JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions) : null)),
        ],
        answer.Finish, answer.Usage.InputTokens, answer.Usage.OutputTokens, answer.Usage.CachedTokens, answer.Usage.Cost, answer.Usage.StandIn);

    /// <summary>As the model is shown what it said.</summary>
    public ChatMessage Message()
    {
        var contents = new List<AIContent>();
        if (Text.Length > 0)
        {
            contents.Add(new TextContent(Text));
        }

        contents.AddRange(Calls.Select(call => new FunctionCallContent(call.Id, call.Name, call.Arguments?.Deserialize<Dictionary<string, object?>>(AIJsonUtilities.DefaultOptions))));
        return new ChatMessage(ChatRole.Assistant, contents);
    }

    public TokenUsage Usage() => new(InputTokens, OutputTokens, CachedTokens, Cost) { StandIn = StandIn };
}

/// <summary>What a tool gave, as the journal has it: <c>{"text", "failed"}</c>; a person who settles a call that a crash cut off may give any value.</summary>
internal static class ToolTurn
{
    public const int MostCharacters = 64_000;

    public static FlowValue Write(string text, bool failed) => FlowValue.From(new { text = Cut(text, MostCharacters), failed });

    public static string Read(FlowValue value) => value.Json.ValueKind switch
    {
        JsonValueKind.Object when value.Json.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String => text.GetString()!,
        JsonValueKind.Null => "Done.",
        _ => value.Text,
    };

    /// <summary>A text that is not longer than so many characters, and says where it was cut.</summary>
    public static string Cut(string text, int most) => text.Length <= most ? text : $"{text[..most]}\n(cut here: it had {text.Length:N0} characters)";
}
