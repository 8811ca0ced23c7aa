using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>How cards are lined up with each other.</summary>
public enum Alignment
{
    /// <summary>Their left borders below each other.</summary>
    Lefts,

    /// <summary>Their upper borders beside each other.</summary>
    Tops,

    /// <summary>As far from each other along the way that they spread; the outer two stay.</summary>
    Evenly,
}

/// <summary>Lines cards up.</summary>
public static class Align
{
    /// <summary>Where cards of one scope come to be; those that stay are left out.</summary>
    public static IReadOnlyList<PlacedPart> Of(IReadOnlyList<(string Path, FlowPosition At, CardShape Shape)> cards, Alignment how)
    {
        ArgumentNullException.ThrowIfNull(cards);
        if (cards.Count < 2)
        {
            return [];
        }

        var places = how switch
        {
            Alignment.Lefts => cards.Select(card => new PlacedPart(card.Path, card.At with { X = cards.Min(one => one.At.X) })),
            Alignment.Tops => cards.Select(card => new PlacedPart(card.Path, card.At with { Y = cards.Min(one => one.At.Y) })),
            _ => Spread(cards),
        };
        var were = cards.ToDictionary(card => card.Path, card => card.At, StringComparer.Ordinal);
        return [.. places.Where(place => were[place.Path] != place.Position)];
    }

    private static IEnumerable<PlacedPart> Spread(IReadOnlyList<(string Path, FlowPosition At, CardShape Shape)> cards)
    {
        var across = cards.Max(card => card.At.X) - cards.Min(card => card.At.X) >= cards.Max(card => card.At.Y) - cards.Min(card => card.At.Y);
        double Begin((string Path, FlowPosition At, CardShape Shape) card) => across ? card.At.X : card.At.Y;
        double Length((string Path, FlowPosition At, CardShape Shape) card) => across ? card.Shape.Width : card.Shape.Height;
        var sorted = cards.OrderBy(Begin).ToList();
        var room = Begin(sorted[^1]) - Begin(sorted[0]) - sorted.SkipLast(1).Sum(Length);
        var gap = room / (sorted.Count - 1);
        var at = Begin(sorted[0]);
        foreach (var card in sorted.SkipLast(1))
        {
            var there = card == sorted[0] ? at : Math.Round(at);
            yield return new PlacedPart(card.Path, across ? card.At with { X = there } : card.At with { Y = there });
            at += Length(card) + gap;
        }
    }
}
