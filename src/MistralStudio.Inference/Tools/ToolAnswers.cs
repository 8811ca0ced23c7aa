using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Tools;

/// <summary>The answers of one request with tools, as contents: texts, pieces of calls for who wants them, and calls once they are whole.</summary>
internal sealed class ToolAnswers(ToolFormat format, IReadOnlySet<string> tools, bool tellsPieces)
{
    private readonly Dictionary<int, ToolCallStream> _answers = [];
    private readonly Dictionary<(int Choice, int Call), string> _ids = [];

    /// <summary>True where an answer called a tool.</summary>
    public bool HasCalls(int choice) => _answers.TryGetValue(choice, out var answer) && answer.Calls > 0;

    /// <summary>What the next piece of an answer completes.</summary>
    public IList<AIContent> Push(int choice, string piece)
    {
        if (!_answers.TryGetValue(choice, out var answer))
        {
            answer = _answers[choice] = new ToolCallStream(format, tools, CallIds.New);
        }

        return Contents(choice, answer.Push(piece));
    }

    /// <summary>What is left when an answer has ended.</summary>
    public IList<AIContent> End(int choice) => _answers.TryGetValue(choice, out var answer) ? Contents(choice, answer.End()) : [];

    private List<AIContent> Contents(int choice, IReadOnlyList<ToolStreamEvent> events)
    {
        var contents = new List<AIContent>(events.Count);
        foreach (var happened in events)
        {
            switch (happened)
            {
                case ToolStreamEvent.Text text:
                    contents.Add(new TextContent(text.Piece));
                    break;
                case ToolStreamEvent.CallBegan began:
                    _ids[(choice, began.Index)] = began.Id;
                    Tell(new FunctionCallDelta(began.Id, began.Name, ""));
                    break;
                case ToolStreamEvent.ArgumentsPiece arguments:
                    Tell(new FunctionCallDelta(_ids[(choice, arguments.Index)], null, arguments.Piece));
                    break;
                case ToolStreamEvent.CallEnded ended:
                    contents.Add(Call(ended));
                    break;
            }
        }

        return contents;

        void Tell(FunctionCallDelta piece)
        {
            if (tellsPieces)
            {
                contents.Add(piece);
            }
        }
    }

    // The arguments as they were written stay with the call: the wire gives them on as they are, also where they were cut.
    private static FunctionCallContent Call(ToolStreamEvent.CallEnded ended)
    {
        try
        {
            if (!ended.IsCut)
            {
                var arguments = JsonSerializer.Deserialize<Dictionary<string, object?>>(ended.Arguments, AIJsonUtilities.DefaultOptions);
                return new FunctionCallContent(ended.Id, ended.Name, arguments) { RawRepresentation = ended.Arguments };
            }
        }
        catch (JsonException)
        {
            // A model that nothing held to JSON; its reader is told below.
        }

        return new FunctionCallContent(ended.Id, ended.Name)
        {
            Exception = new ModelException(ToolErrors.CallCut(ended.Name)),
            RawRepresentation = ended.Arguments,
        };
    }
}
