using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi.Responses;

/// <summary>Answers in the Responses dialect, whole or as it is made.</summary>
/// <param name="created">Unix seconds.</param>
internal sealed class ResponsesWriter(HttpContext http, ResponsesRequest request, string model, long created)
{
    private static readonly JsonElement s_textFormat = JsonDocument.Parse("""{"format":{"type":"text"}}""").RootElement;
    private static readonly JsonElement s_auto = JsonDocument.Parse("\"auto\"").RootElement;
    private static readonly JsonElement s_none = JsonDocument.Parse("[]").RootElement;

    private readonly string _id = NewId("resp");
    private string _model = model;

    /// <summary>An id of the dialect's form.</summary>
    public static string NewId(string kind) => $"{kind}_{Guid.CreateVersion7():N}";

    /// <summary>Sends the answer when it is whole.</summary>
    public async Task WriteWholeAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        try
        {
            var (answers, usage) = await WholeAnswer.ReadAsync(updates, http.RequestAborted);
            var answer = answers[0];
            NoteWhoAnswers(answer.StandIn);
            var items = new List<WireItem>();
            if (answer.Calls.Count == 0 || !string.IsNullOrWhiteSpace(answer.Text))
            {
                items.Add(Message(NewId("msg"), answer.FinishReason == "length" ? "incomplete" : "completed", answer.Text, WireLogprobs.From(answer.Logprobs)?.Content));
            }

            items.AddRange(answer.Calls.Select(call => Call(NewId("fc"), call, WireToolCall.Arguments(call))));
            await http.Response.WriteAsJsonAsync(End(answer.FinishReason, items, usage), ModelApiJson.Options, http.RequestAborted);
        }
        catch (ModelException failure)
        {
            await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
        }
    }

    /// <summary>Sends the answer piece by piece, as events with names and numbers.</summary>
    public Task WriteStreamAsync(IAsyncEnumerable<ChatResponseUpdate> updates) => AnswerStream.SendAsync(http, updates, new ResponseStream(this));

    /// <summary>A stand-in that answers is named in the place of who was asked.</summary>
    public void NoteWhoAnswers(string? standIn) => _model = standIn ?? _model;

    /// <summary>The response as it stands.</summary>
    public WireResponse Response(string status, IReadOnlyList<WireItem> output) => new()
    {
        Id = _id,
        CreatedAt = created,
        Status = status,
        Instructions = request.Instructions,
        MaxOutputTokens = request.MaxOutputTokens,
        Model = _model,
        Prompt = PromptFields.IsThere(request.Prompt) ? request.Prompt : null,
        Output = output,
        ParallelToolCalls = request.ParallelToolCalls ?? true,
        Temperature = request.Temperature,
        TopP = request.TopP,
        Text = Given(request.Text, s_textFormat),
        ToolChoice = Given(request.ToolChoice, s_auto),
        Tools = Given(request.Tools, s_none),
        Metadata = request.Metadata ?? [],
    };

    /// <summary>The response at its end.</summary>
    public WireResponse End(string finishReason, IReadOnlyList<WireItem> output, WireUsage usage) =>
        Response(finishReason == "length" ? "incomplete" : "completed", output) with
        {
            IncompleteDetails = finishReason == "length" ? new("max_output_tokens") : null,
            Usage = WireResponseUsage.From(usage),
        };

    /// <summary>A message.</summary>
    public static WireItem Message(string id, string status, string? text, IReadOnlyList<WireLogprobs.Token>? logprobs) =>
        new() { Id = id, Type = "message", Status = status, Role = "assistant", Content = text is null ? [] : [new(text, logprobs ?? [])] };

    /// <summary>A call; one that was cut is incomplete.</summary>
    public static WireItem Call(string id, FunctionCallContent call, string arguments) =>
        new() { Id = id, Type = "function_call", Status = call.Exception is null ? "completed" : "incomplete", CallId = call.CallId, Name = call.Name, Arguments = arguments };

    private static JsonElement Given(JsonElement? value, JsonElement otherwise) =>
        value is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given ? given : otherwise;
}
