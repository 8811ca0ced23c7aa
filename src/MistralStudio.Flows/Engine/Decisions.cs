using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Schemas;
using MistralStudio.Flows.Runs;

namespace MistralStudio.Flows.Engine;

/// <summary>What may be decided at a bookmark.</summary>
internal static class Decisions
{
    /// <summary>What is wrong with a decision; null where nothing is.</summary>
    public static Error? Problem(Bookmark bookmark, Resumption resumption)
    {
        if (bookmark.Decisions.Count > 0 && !bookmark.Decisions.Contains(resumption.Decision))
        {
            return RunErrors.UnknownDecision(resumption.Decision, bookmark.Decisions);
        }

        // A refusal needs no form.
        if (bookmark.Schema is { } schema && JsonSchema.Read(schema) is { IsSuccess: true } read
            && (bookmark.Decisions.Count == 0 || resumption.Decision == bookmark.Decisions[0])
            && read.Value.Validate(FlowValue.From(resumption.Values).Json) is [var first, ..])
        {
            return RunErrors.BadDecisionValues(first.Path.Length == 0 ? first.Message : $"{first.Path[1..]}: {first.Message}");
        }

        return null;
    }

    /// <summary>What a person is asked of a node that was cut off.</summary>
    public static Bookmark OfUncertain(NodeState node) => new(BookmarkId.New(), BookmarkKind.Uncertain)
    {
        Title = node.Plan.Id,
        Details = node.Steps is [.., { IsOpen: true } open] ? FlowValue.From(new { step = open.Started.Name }).Json : null,
        Decisions = [Resumption.Repeat, Resumption.Done, Resumption.Fail],
    };
}
