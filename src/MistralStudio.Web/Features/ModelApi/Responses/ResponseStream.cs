using System.Text;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi.Responses;

/// <summary>
/// The events of one response: <c>response.created</c>, for each item <c>response.output_item.added</c> to <c>.done</c> with its deltas between,
/// and <c>response.completed</c> or <c>response.incomplete</c>.
/// </summary>
internal sealed class ResponseStream(ResponsesWriter writer) : IAnswerDialect
{
    private readonly List<WireItem> _items = [];
    private readonly StringBuilder _text = new();
    private readonly List<WireLogprobs.Token> _logprobs = [];
    private readonly Dictionary<string, (int Index, string Id)> _calls = [];
    private string? _message;
    private string _finishReason = "stop";
    private WireUsage _usage = WireUsage.None;
    private int _sent;

    public void Write(ChatResponseUpdate update, EventStream events)
    {
        writer.NoteWhoAnswers(update.StandIn);
        Begin(events);
        var logprobs = WireLogprobs.From(update.Logprobs)?.Content;
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextContent { Text.Length: > 0 } text:
                    AddText(text.Text, logprobs, events);
                    logprobs = null;
                    break;
                case FunctionCallDelta piece:
                    AddPiece(piece, events);
                    break;
                case FunctionCallContent call:
                    EndCall(call, events);
                    break;
            }
        }

        _finishReason = update.FinishReason?.Value ?? _finishReason;
        _usage = WholeAnswer.FindUsage(update) ?? _usage;
    }

    public void End(EventStream events)
    {
        Begin(events);
        if (_items.Count == 0)
        {
            BeginMessage(events);
        }

        EndMessage(events);
        var response = writer.End(_finishReason, _items, _usage);
        Send(new($"response.{response.Status}") { Response = response }, events);
    }

    public void Fail(ApiError error, EventStream events)
    {
        Send(new("error") { Code = error.Code, Message = error.Message, Param = error.Param }, events);
        Send(new("response.failed") { Response = writer.Response("failed", _items) with { Error = new("server_error", error.Message) } }, events);
    }

    private void Begin(EventStream events)
    {
        if (_sent == 0)
        {
            Send(new("response.created") { Response = writer.Response("in_progress", []) }, events);
            Send(new("response.in_progress") { Response = writer.Response("in_progress", []) }, events);
        }
    }

    private void AddText(string text, IReadOnlyList<WireLogprobs.Token>? logprobs, EventStream events)
    {
        if (_message is null)
        {
            // White space alone between calls is no message.
            if (_calls.Count > 0 && string.IsNullOrWhiteSpace(text))
            {
                return;
            }

            BeginMessage(events);
        }

        _text.Append(text);
        _logprobs.AddRange(logprobs ?? []);
        Send(new("response.output_text.delta") { ItemId = _message, OutputIndex = _items.Count - 1, ContentIndex = 0, Delta = text, Logprobs = logprobs ?? [] }, events);
    }

    private void BeginMessage(EventStream events)
    {
        _message = ResponsesWriter.NewId("msg");
        var item = ResponsesWriter.Message(_message, "in_progress", null, null);
        _items.Add(item);
        Send(new("response.output_item.added") { OutputIndex = _items.Count - 1, Item = item }, events);
        Send(new("response.content_part.added") { ItemId = _message, OutputIndex = _items.Count - 1, ContentIndex = 0, Part = new("", []) }, events);
    }

    private void EndMessage(EventStream events)
    {
        if (_message is not { } id)
        {
            return;
        }

        var index = _items.FindIndex(item => item.Id == id);
        var text = _text.ToString();
        WireLogprobs.Token[] logprobs = [.. _logprobs];
        var item = ResponsesWriter.Message(id, _finishReason == "length" ? "incomplete" : "completed", text, logprobs);
        _items[index] = item;
        Send(new("response.output_text.done") { ItemId = id, OutputIndex = index, ContentIndex = 0, Text = text, Logprobs = logprobs }, events);
        Send(new("response.content_part.done") { ItemId = id, OutputIndex = index, ContentIndex = 0, Part = item.Content![0] }, events);
        Send(new("response.output_item.done") { OutputIndex = index, Item = item }, events);
        _message = null;
        _text.Clear();
        _logprobs.Clear();
    }

    private void AddPiece(FunctionCallDelta piece, EventStream events)
    {
        if (piece.Name is { } name)
        {
            BeginCall(piece.CallId, name, events);
        }

        if (piece.Arguments.Length > 0 && _calls.TryGetValue(piece.CallId, out var call))
        {
            Send(new("response.function_call_arguments.delta") { ItemId = call.Id, OutputIndex = call.Index, Delta = piece.Arguments }, events);
        }
    }

    private void BeginCall(string callId, string name, EventStream events)
    {
        EndMessage(events);
        var item = new WireItem { Id = ResponsesWriter.NewId("fc"), Type = "function_call", Status = "in_progress", CallId = callId, Name = name, Arguments = "" };
        _calls[callId] = (_items.Count, item.Id);
        _items.Add(item);
        Send(new("response.output_item.added") { OutputIndex = _items.Count - 1, Item = item }, events);
    }

    private void EndCall(FunctionCallContent call, EventStream events)
    {
        var arguments = WireToolCall.Arguments(call);
        if (!_calls.ContainsKey(call.CallId))
        {
            BeginCall(call.CallId, call.Name, events);
            AddPiece(new FunctionCallDelta(call.CallId, null, arguments), events);
        }

        var (index, id) = _calls[call.CallId];
        var item = ResponsesWriter.Call(id, call, arguments);
        _items[index] = item;
        Send(new("response.function_call_arguments.done") { ItemId = id, OutputIndex = index, Name = call.Name, Arguments = arguments }, events);
        Send(new("response.output_item.done") { OutputIndex = index, Item = item }, events);
    }

    private void Send(ResponseEvent happened, EventStream events) => events.Add(happened with { SequenceNumber = _sent++ }, happened.Type);
}
