using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Playground.Columns;

/// <summary>In which order answers are shown while their names are hidden: another one for each question, the same one whenever it is looked at.</summary>
public static class BlindOrder
{
    /// <summary>The columns, from 0, in the order in which their answers to a question are shown.</summary>
    public static IReadOnlyList<int> Of(MessageId question, int count)
    {
        // FNV-1a: the first bytes of an id are its time, so all of them are taken.
        var seed = question.Value.ToByteArray().Aggregate(2166136261u, (hash, part) => (hash ^ part) * 16777619u);
        var order = Enumerable.Range(0, count).ToArray();
        for (var i = count - 1; i > 0; i--)
        {
            seed = (seed * 1664525u) + 1013904223u;
            var other = (int)((seed >> 16) % (uint)(i + 1));
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }
}
