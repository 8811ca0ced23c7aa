using System.Globalization;
using System.Text.Json;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Components.Diff;

namespace MistralStudio.Web.Features.Prompts;

/// <summary>A message of two versions; the roles differ from each other where it is only in one.</summary>
/// <param name="Before">Its role before; null where it is new.</param>
/// <param name="After">Its role after; null where it is gone.</param>
public sealed record MessageChange(MessageRole? Before, MessageRole? After, TextDiff Text)
{
    /// <summary>Images that it has now and had not.</summary>
    public IReadOnlyList<MessageImage> ImagesAdded { get; init; } = [];

    /// <summary>Images that it had and has no longer.</summary>
    public IReadOnlyList<MessageImage> ImagesRemoved { get; init; } = [];

    /// <summary>True where it shows the same images in another order.</summary>
    public bool ImagesMoved { get; init; }

    /// <summary>True where nothing about it differs.</summary>
    public bool IsSame => Before == After && Text.Hunks.Count == 0 && ImagesAdded.Count + ImagesRemoved.Count == 0 && !ImagesMoved;
}

/// <summary>What kind of thing a parameter is.</summary>
public enum ParameterKind
{
    /// <summary>The model reference.</summary>
    Model,

    /// <summary>How the answer is drawn.</summary>
    Temperature,

    /// <inheritdoc cref="Temperature"/>
    TopP,

    /// <inheritdoc cref="Temperature"/>
    MaxOutputTokens,

    /// <inheritdoc cref="Temperature"/>
    Seed,

    /// <summary>A variable, by name.</summary>
    Variable,

    /// <summary>A tool, by name.</summary>
    Tool,

    /// <summary>The form of the answer.</summary>
    Answer,

    /// <summary>The knowledge bases.</summary>
    Knowledge,

    /// <summary>How much of the knowledge is read.</summary>
    Reading,
}

/// <summary>A parameter of two versions as texts.</summary>
/// <param name="Name">Of the variable or tool; empty for the others.</param>
/// <param name="Before">Null where it was not set.</param>
/// <param name="After">Null where it is not set.</param>
public sealed record ParameterChange(ParameterKind Kind, string Name, string? Before, string? After)
{
    /// <summary>True where both are the same.</summary>
    public bool IsSame => Before == After;
}

/// <summary>How one version became another: message by message, and parameter by parameter.</summary>
/// <param name="Messages">All of them, those that are the same too.</param>
/// <param name="Parameters">All that are set in one of them, those that are the same too.</param>
public sealed record PromptDiff(IReadOnlyList<MessageChange> Messages, IReadOnlyList<ParameterChange> Parameters)
{
    private static readonly JsonSerializerOptions s_readable = new(PromptJson.Options) { WriteIndented = true };

    /// <summary>True where nothing differs.</summary>
    public bool IsSame => Messages.All(message => message.IsSame) && Parameters.All(parameter => parameter.IsSame);

    /// <summary>Compares two contents.</summary>
    public static PromptDiff Of(PromptContent before, PromptContent after) => new(
        [.. Align(before.Messages, after.Messages).Select(pair => Compare(pair.Before, pair.After))],
        [.. Compare(before, after).Where(parameter => parameter.Before is not null || parameter.After is not null)]);

    private static MessageChange Compare(PromptMessage? before, PromptMessage? after)
    {
        var (had, has) = (before?.Images ?? [], after?.Images ?? []);
        var (added, removed) = (has.ExceptBy(had.Select(image => image.Sha256), image => image.Sha256).ToList(), had.ExceptBy(has.Select(image => image.Sha256), image => image.Sha256).ToList());
        return new(before?.Role, after?.Role, TextDiff.Of(before?.Text ?? "", after?.Text ?? ""))
        {
            ImagesAdded = added,
            ImagesRemoved = removed,
            ImagesMoved = added.Count + removed.Count == 0 && !had.Select(image => image.Sha256).SequenceEqual(has.Select(image => image.Sha256), StringComparer.Ordinal),
        };
    }

    private static IEnumerable<ParameterChange> Compare(PromptContent before, PromptContent after)
    {
        yield return new(ParameterKind.Model, "", before.Model, after.Model);
        yield return new(ParameterKind.Temperature, "", Number(before.Settings.Temperature), Number(after.Settings.Temperature));
        yield return new(ParameterKind.TopP, "", Number(before.Settings.TopP), Number(after.Settings.TopP));
        yield return new(ParameterKind.MaxOutputTokens, "", Number(before.Settings.MaxOutputTokens), Number(after.Settings.MaxOutputTokens));
        yield return new(ParameterKind.Seed, "", Number(before.Settings.Seed), Number(after.Settings.Seed));
        yield return new(ParameterKind.Answer, "", Json(before.Answer), Json(after.Answer));
        foreach (var change in ByName(ParameterKind.Variable, before.Variables, after.Variables, variable => variable.Name))
        {
            yield return change;
        }

        foreach (var change in ByName(ParameterKind.Tool, before.Tools, after.Tools, tool => tool.Name))
        {
            yield return change;
        }

        yield return new(ParameterKind.Knowledge, "", Ids(before), Ids(after));
        yield return new(ParameterKind.Reading, "", before.Knowledge.Count > 0 ? Json(before.Reading) : null, after.Knowledge.Count > 0 ? Json(after.Reading) : null);
    }

    private static IEnumerable<ParameterChange> ByName<T>(ParameterKind kind, IReadOnlyList<T> before, IReadOnlyList<T> after, Func<T, string> name)
        where T : class =>
        before.Select(name).Union(after.Select(name), StringComparer.Ordinal)
            .Select(one => new ParameterChange(kind, one, Json(before.FirstOrDefault(item => name(item) == one)), Json(after.FirstOrDefault(item => name(item) == one))));

    private static string? Json<T>(T? value)
        where T : class => value is null ? null : JsonSerializer.Serialize(value, s_readable);

    private static string? Ids(PromptContent content) => content.Knowledge.Count == 0 ? null : string.Join("\n", content.Knowledge);

    private static string? Number<T>(T? value)
        where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture);

    // The pairing that keeps the order and has the most in common: the same message, else one of the same role.
    private static IEnumerable<(PromptMessage? Before, PromptMessage? After)> Align(IReadOnlyList<PromptMessage> before, IReadOnlyList<PromptMessage> after)
    {
        var best = new int[before.Count + 1, after.Count + 1];
        for (var i = before.Count - 1; i >= 0; i--)
        {
            for (var j = after.Count - 1; j >= 0; j--)
            {
                best[i, j] = Math.Max(Math.Max(best[i + 1, j], best[i, j + 1]), best[i + 1, j + 1] + Score(before[i], after[j]));
            }
        }

        var (one, other) = (0, 0);
        while (one < before.Count || other < after.Count)
        {
            if (one < before.Count && other < after.Count && Score(before[one], after[other]) is var score && score > 0 && best[one, other] == best[one + 1, other + 1] + score)
            {
                yield return (before[one++], after[other++]);
            }
            else if (other == after.Count || (one < before.Count && best[one + 1, other] >= best[one, other + 1]))
            {
                yield return (before[one++], null);
            }
            else
            {
                yield return (null, after[other++]);
            }
        }
    }

    private static int Score(PromptMessage before, PromptMessage after) => before == after ? 3 : before.Role == after.Role ? 1 : 0;
}
