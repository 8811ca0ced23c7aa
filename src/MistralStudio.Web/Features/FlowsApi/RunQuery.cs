using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>Which runs a list has, as an address says it: the same words for the page of runs and for programs.</summary>
public sealed class RunQuery
{
    private const int MostDays = 3_650;
    private const int LongestText = 200;

    /// <summary>Id of their flow.</summary>
    [FromQuery(Name = "flow")]
    public string? Flow { get; init; }

    /// <summary>How they stand: running, suspended, uncertain, succeeded, failed or cancelled.</summary>
    [FromQuery(Name = "state")]
    public string? State { get; init; }

    /// <summary>Id of a node that did something in them, wherever it stands.</summary>
    [FromQuery(Name = "node")]
    public string? Node { get; init; }

    /// <summary>Words in their errors, or in values that the journal itself holds.</summary>
    [FromQuery(Name = "text")]
    public string? Text { get; init; }

    /// <summary>Begun in the last so many days.</summary>
    [FromQuery(Name = "days")]
    public string? Days { get; init; }

    /// <summary>Begun no earlier than this time (ISO 8601); the later of the two where <c>days</c> is given, too.</summary>
    [FromQuery(Name = "since")]
    public string? Since { get; init; }

    /// <summary>That cost at least so many US dollars.</summary>
    [FromQuery(Name = "cost")]
    public string? Cost { get; init; }

    /// <summary>The filter that it means, of everybody's runs; fails where a part of it means nothing.</summary>
    public Result<RunFilter> Read(DateTimeOffset now)
    {
        FlowId? flow = null;
        if (Has(Flow))
        {
            if (!FlowId.TryParse(Flow, null, out var id))
            {
                return RunQueryErrors.Bad("flow", Flow!, "Use the id of a flow.");
            }

            flow = id;
        }

        RunStatus? status = null;
        if (Has(State))
        {
            if (!Enum.TryParse<RunStatus>(State, ignoreCase: true, out var named) || !Enum.IsDefined(named) || char.IsAsciiDigit(State![0]))
            {
                return RunQueryErrors.BadState(State!);
            }

            status = named;
        }

        DateTimeOffset? since = null;
        if (Has(Days))
        {
            if (!int.TryParse(Days, NumberStyles.None, CultureInfo.InvariantCulture, out var days) || days is < 1 or > MostDays)
            {
                return RunQueryErrors.Bad("days", Days!, $"Use a whole number from 1 to {MostDays}.");
            }

            since = now - TimeSpan.FromDays(days);
        }

        if (Has(Since))
        {
            if (!DateTimeOffset.TryParse(Since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var from))
            {
                return RunQueryErrors.Bad("since", Since!, "Use a time like 2026-01-31T08:00:00Z.");
            }

            since = since > from ? since : from;
        }

        decimal? cost = null;
        if (Has(Cost))
        {
            if (!decimal.TryParse(Cost, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars))
            {
                return RunQueryErrors.Bad("cost", Cost!, "Use US dollars like 0.25.");
            }

            cost = dollars > 0 ? dollars : null;
        }

        return Text?.Length > LongestText
            ? RunQueryErrors.Bad("text", $"{Text[..20]}…", $"Use at most {LongestText} characters.")
            : new RunFilter(flow, status) { Node = Has(Node) ? Node!.Trim() : null, Text = Has(Text) ? Text!.Trim() : null, Since = since, LeastCost = cost };
    }

    private static bool Has(string? text) => !string.IsNullOrWhiteSpace(text);
}

/// <summary>Expected failures of what runs are looked for by.</summary>
internal static class RunQueryErrors
{
    public static Error BadState(string state) => new(
        "run.bad_state", $"There is no state \"{state}\".", "Use one of: running, suspended, uncertain, succeeded, failed, cancelled.");

    public static Error Bad(string name, string value, string next) => new("run.bad_filter", $"Runs cannot be looked for by {name} \"{value}\".", next);
}
