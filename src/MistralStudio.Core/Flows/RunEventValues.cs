using MistralStudio.Core.Ids;

namespace MistralStudio.Core.Flows;

/// <summary>The values that events carry, whatever their kind: which documents they came from, and events without what came from some.</summary>
public static class RunEventValues
{
    /// <summary>Documents that something in the event came from, without repetition. Asked for every event that is written: it makes nothing new.</summary>
    public static IReadOnlyCollection<DocumentId> Sources(RunEvent happened)
    {
        HashSet<DocumentId>? sources = null;
        switch (happened)
        {
            case RunStarted started: AddAll(started.Start.Inputs); break;
            case Forked forked: AddAll(forked.Edits); break;
            case NodeSucceeded succeeded: AddAll(succeeded.Outputs); break;
            case NodeReused reused: AddAll(reused.Outputs); break;
            case NodeFailed { Outputs: { } outputs }: AddAll(outputs); break;
            case StepSucceeded succeeded: Add(succeeded.Value.Sources); break;
            case Suspended suspended: Add(suspended.Bookmark.Sources); break;
            case NodeUncertain uncertain: Add(uncertain.Bookmark.Sources); break;
            case RunFinished finished: AddAll(finished.Outputs); break;
        }

        return sources is null ? [] : sources;

        void AddAll(IReadOnlyDictionary<string, FlowValue> values)
        {
            foreach (var (_, value) in values)
            {
                Add(value.Sources);
            }
        }

        void Add(IReadOnlyList<DocumentId> of)
        {
            if (of.Count > 0)
            {
                (sources ??= []).UnionWith(of);
            }
        }
    }

    /// <summary>The event where a tombstone stands in the place of everything that came from these documents.</summary>
    /// <param name="blobs">Takes what the blob store holds of it.</param>
    public static RunEvent Erase(RunEvent happened, IReadOnlySet<DocumentId> documents, ICollection<string> blobs) => Map(
        happened,
        value =>
        {
            if (!value.Sources.Any(documents.Contains))
            {
                return value;
            }

            if (value.Blob is { } blob)
            {
                blobs.Add(blob.Sha256);
            }

            return FlowValue.Erased;
        },
        bookmark => bookmark.Sources.Any(documents.Contains) ? bookmark with { Title = FlowValue.Erased.ToString(), Details = null, Sources = [] } : bookmark);

    private static RunEvent Map(RunEvent happened, Func<FlowValue, FlowValue> value, Func<Bookmark, Bookmark> bookmark)
    {
        return happened switch
        {
            RunStarted started => started with { Start = started.Start with { Inputs = All(started.Start.Inputs) } },
            Forked forked => forked with { Edits = All(forked.Edits) },
            NodeSucceeded succeeded => succeeded with { Outputs = All(succeeded.Outputs) },
            NodeReused reused => reused with { Outputs = All(reused.Outputs) },
            NodeFailed { Outputs: { } outputs } failed => failed with { Outputs = All(outputs) },
            StepSucceeded succeeded => succeeded with { Value = value(succeeded.Value) },
            Suspended suspended => suspended with { Bookmark = bookmark(suspended.Bookmark) },
            NodeUncertain uncertain => uncertain with { Bookmark = bookmark(uncertain.Bookmark) },
            RunFinished finished => finished with { Outputs = All(finished.Outputs) },
            _ => happened,
        };

        Dictionary<string, FlowValue> All(IReadOnlyDictionary<string, FlowValue> values) =>
            values.ToDictionary(one => one.Key, one => value(one.Value), StringComparer.Ordinal);
    }
}
