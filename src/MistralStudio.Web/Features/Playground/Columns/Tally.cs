using MistralStudio.Core.Conversations;

namespace MistralStudio.Web.Features.Playground.Columns;

/// <summary>How often something was preferred.</summary>
/// <param name="Name">A model, with its prompt version where it was asked with one.</param>
/// <param name="Of">How often it was among the answers that one was chosen from.</param>
public sealed record TallyLine(string Name, int Won, int Of);

/// <summary>Preferences, counted.</summary>
public static class Tally
{
    /// <summary>Each name that was ever among the answers, most preferred first.</summary>
    public static IReadOnlyList<TallyLine> Count(IReadOnlyList<Preference> preferences) =>
    [
        .. preferences
            .SelectMany(preference => preference.Losers.Select(name => (Name: name, Won: false)).Concat(preference.Winner is { } winner ? [(winner, true)] : []))
            .GroupBy(found => found.Name, (name, found) => (Name: name, All: found.ToList()))
            .Select(group => new TallyLine(group.Name, group.All.Count(found => found.Won), group.All.Count))
            .OrderByDescending(line => line.Won).ThenBy(line => line.Name, StringComparer.Ordinal),
    ];
}
