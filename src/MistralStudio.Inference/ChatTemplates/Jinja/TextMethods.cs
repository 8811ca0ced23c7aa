namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Methods of Python's strings, as far as templates use them.</summary>
internal static class TextMethods
{
    private const int MostWidth = RenderBudget.MostOutput;

    private static readonly Dictionary<string, Func<TemplateText, Arguments, object?>> s_methods = new(StringComparer.Ordinal)
    {
        ["strip"] = (text, given) => Trim(text, given.OptionalText(0, "chars"), true, true),
        ["lstrip"] = (text, given) => Trim(text, given.OptionalText(0, "chars"), true, false),
        ["rstrip"] = (text, given) => Trim(text, given.OptionalText(0, "chars"), false, true),
        ["split"] = (text, given) => Split(text, given, fromEnd: false),
        ["rsplit"] = (text, given) => Split(text, given, fromEnd: true),
        ["splitlines"] = (text, given) => Values.List(Lines(text), given.Budget),
        ["replace"] = (text, given) => Replace(text, given.Text(0, "old"), given.Text(1, "new"), given.Integer(2, "count", -1), given.Budget),
        ["startswith"] = (text, given) => Values.Of(Affixes(given).Any(affix => text.Value.StartsWith(affix, StringComparison.Ordinal))),
        ["endswith"] = (text, given) => Values.Of(Affixes(given).Any(affix => text.Value.EndsWith(affix, StringComparison.Ordinal))),
        ["removeprefix"] = (text, given) => given.Text(0, "prefix") is var prefix && text.Value.StartsWith(prefix.Value, StringComparison.Ordinal)
            ? text.Slice(prefix.Length, text.Length - prefix.Length) : text,
        ["removesuffix"] = (text, given) => given.Text(0, "suffix") is var suffix && text.Value.EndsWith(suffix.Value, StringComparison.Ordinal)
            ? text.Slice(0, text.Length - suffix.Length) : text,
        ["upper"] = (text, given) => Changed(text, given.Budget, text.Value.ToUpperInvariant()),
        ["lower"] = (text, given) => Changed(text, given.Budget, text.Value.ToLowerInvariant()),
        ["casefold"] = (text, given) => Changed(text, given.Budget, text.Value.ToLowerInvariant()),
        ["capitalize"] = (text, given) => Changed(text, given.Budget, Capitalised(text.Value)),
        ["title"] = (text, given) => Changed(text, given.Budget, Titled(text.Value)),
        ["swapcase"] = (text, given) => Changed(text, given.Budget, string.Concat(text.Value.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))),
        ["join"] = (text, given) => Join(text, Values.Iterate(given.Required(0, "iterable"), given.Budget), given.Budget),
        ["find"] = (text, given) => Values.Of((long)text.Value.IndexOf(given.Text(0, "sub").Value, StringComparison.Ordinal)),
        ["rfind"] = (text, given) => Values.Of((long)text.Value.LastIndexOf(given.Text(0, "sub").Value, StringComparison.Ordinal)),
        ["index"] = (text, given) => text.Value.IndexOf(given.Text(0, "sub").Value, StringComparison.Ordinal) is >= 0 and var at
            ? Values.Of((long)at) : throw Values.TypeError("substring not found"),
        ["count"] = (text, given) => Values.Of(given.Text(0, "sub") is { Length: > 0 } sub ? text.Value.AsSpan().Count(sub.Value) : text.Length + 1L),
        ["partition"] = (text, given) => Partition(text, given.Text(0, "sep"), fromEnd: false),
        ["rpartition"] = (text, given) => Partition(text, given.Text(0, "sep"), fromEnd: true),
        ["ljust"] = (text, given) => Pad(text, given, (room, width) => (0, room)),
        ["rjust"] = (text, given) => Pad(text, given, (room, width) => (room, 0)),
        ["center"] = (text, given) => Pad(text, given, (room, width) => (room / 2) + (room & width & 1) is var before ? (before, room - before) : default),
        ["zfill"] = (text, given) => Pad(text, new Arguments("zfill", given.Scope, [given.Required(0, "width"), TemplateText.Own("0")], []), (room, width) => (room, 0)),
        ["isdigit"] = (text, given) => All(text, char.IsDigit),
        ["isdecimal"] = (text, given) => All(text, char.IsDigit),
        ["isnumeric"] = (text, given) => All(text, char.IsNumber),
        ["isalpha"] = (text, given) => All(text, char.IsLetter),
        ["isalnum"] = (text, given) => All(text, char.IsLetterOrDigit),
        ["isspace"] = (text, given) => All(text, char.IsWhiteSpace),
        ["isupper"] = (text, given) => Values.Of(text.Value.Any(char.IsUpper) && !text.Value.Any(char.IsLower)),
        ["islower"] = (text, given) => Values.Of(text.Value.Any(char.IsLower) && !text.Value.Any(char.IsUpper)),
    };

    /// <summary>A method of a text, or null where it has none of that name.</summary>
    public static JinjaFunction? Find(TemplateText text, string name) => s_methods.TryGetValue(name, out var method)
        ? new JinjaFunction(name, given =>
        {
            given.Budget.Spend(text.Length);
            return method(text, given);
        })
        : null;

    /// <summary>The text without white space, or without the characters named, at its ends.</summary>
    public static TemplateText Trim(TemplateText text, TemplateText? characters, bool start, bool end)
    {
        var (first, last) = (0, text.Length);
        while (start && first < last && IsTrimmed(text.Value[first]))
        {
            first++;
        }

        while (end && last > first && IsTrimmed(text.Value[last - 1]))
        {
            last--;
        }

        return text.Slice(first, last - first);

        bool IsTrimmed(char c) => characters is null ? IsSpace(c) : characters.Value.Contains(c, StringComparison.Ordinal);
    }

    /// <summary>Every occurrence, or the first so many, replaced.</summary>
    public static TemplateText Replace(TemplateText text, TemplateText old, TemplateText replacement, long count, RenderBudget budget)
    {
        if (count == 0 || (old.Length > 0 && !text.Value.Contains(old.Value, StringComparison.Ordinal)))
        {
            return text;
        }

        var built = new TextBuilder(budget);
        var start = 0;
        for (var done = 0L; done != count; done++)
        {
            // Nothing stands before every character and at the end.
            var at = old.Length > 0 ? text.Value.IndexOf(old.Value, start, StringComparison.Ordinal) : done <= text.Length ? (int)done : -1;
            if (at < 0)
            {
                break;
            }

            built.Append(text, start, at - start).Append(replacement);
            start = at + old.Length;
        }

        return built.Append(text, start, text.Length - start).ToText();
    }

    /// <summary>Texts with this one between them.</summary>
    public static TemplateText Join(TemplateText separator, IReadOnlyList<object?> items, RenderBudget budget)
    {
        var built = new TextBuilder(budget);
        for (var i = 0; i < items.Count; i++)
        {
            built.Append(i > 0 ? separator : TemplateText.Empty).Append(items[i] as TemplateText
                ?? throw Values.TypeError($"sequence item {i}: expected str instance, {Values.TypeName(items[i])} found"));
        }

        return built.ToText();
    }

    /// <summary>The lines of a text, without their ends; a break at the end starts no line.</summary>
    public static IEnumerable<TemplateText> Lines(TemplateText text)
    {
        var start = 0;
        while (start < text.Length)
        {
            var end = text.Value.AsSpan(start).IndexOfAny("\n\r\v\f\u001C\u001D\u001E\u0085\u2028\u2029");
            if (end < 0)
            {
                yield return text.Slice(start, text.Length - start);
                yield break;
            }

            yield return text.Slice(start, end);
            start += end + (text.Value.AsSpan(start + end).StartsWith("\r\n", StringComparison.Ordinal) ? 2 : 1);
        }
    }

    public static string Capitalised(string value) => value.Length == 0 ? value : char.ToUpperInvariant(value[0]) + value[1..].ToLowerInvariant();

    public static string Titled(string value)
    {
        var afterLetter = false;
        return string.Concat(value.Select(c =>
        {
            var cased = afterLetter ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c);
            afterLetter = char.IsLetter(c);
            return cased;
        }));
    }

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    private static TemplateText Changed(TemplateText text, RenderBudget budget, string changed)
    {
        budget.Spend(changed.Length);
        return text.WithCharacters(changed);
    }

    private static object All(TemplateText text, Func<char, bool> test) => Values.Of(text.Length > 0 && text.Value.All(test));

    private static IEnumerable<string> Affixes(Arguments given) => given.Required(0, "prefix") switch
    {
        TemplateText affix => [affix.Value],
        JinjaList { IsTuple: true } affixes => affixes.Items.OfType<TemplateText>().Select(affix => affix.Value),
        var other => throw Values.TypeError($"startswith first arg must be str or a tuple of str, not {Values.TypeName(other)}"),
    };

    private static JinjaList Split(TemplateText text, Arguments given, bool fromEnd)
    {
        var separator = given.OptionalText(0, "sep");
        if (separator is { Length: 0 })
        {
            throw Values.TypeError("empty separator");
        }

        var most = given.Integer(1, "maxsplit", -1);
        var cuts = separator is null ? Words(text.Value) : Occurrences(text.Value, separator.Value, fromEnd);
        var ranges = new List<(int Start, int End)>();
        if (separator is null)
        {
            ranges = cuts;
            if (most >= 0 && ranges.Count > most + 1)
            {
                var kept = (int)most;
                ranges = fromEnd
                    ? [(ranges[0].Start, ranges[^(kept + 1)].End), .. ranges[^kept..]]
                    : [.. ranges[..kept], (ranges[kept].Start, text.Length)];
            }
        }
        else
        {
            cuts = most < 0 || cuts.Count <= most ? cuts : fromEnd ? cuts[^(int)most..] : cuts[..(int)most];
            var start = 0;
            foreach (var cut in cuts)
            {
                ranges.Add((start, cut.Start));
                start = cut.End;
            }

            ranges.Add((start, text.Length));
        }

        given.Budget.SpendEntries(ranges.Count * 3L);
        return new JinjaList([.. ranges.Select(range => text.Slice(range.Start, range.End - range.Start))]);
    }

    private static List<(int Start, int End)> Words(string value)
    {
        var words = new List<(int, int)>();
        for (var i = 0; i < value.Length; i++)
        {
            var start = i;
            while (i < value.Length && !IsSpace(value[i]))
            {
                i++;
            }

            if (i > start)
            {
                words.Add((start, i));
            }
        }

        return words;
    }

    private static List<(int Start, int End)> Occurrences(string value, string part, bool fromEnd)
    {
        var found = new List<(int, int)>();
        if (fromEnd)
        {
            for (var end = value.Length; end >= part.Length && value.LastIndexOf(part, end - 1, end, StringComparison.Ordinal) is >= 0 and var at; end = at)
            {
                found.Add((at, at + part.Length));
            }

            found.Reverse();
            return found;
        }

        for (var start = 0; value.IndexOf(part, start, StringComparison.Ordinal) is >= 0 and var at; start = at + part.Length)
        {
            found.Add((at, at + part.Length));
        }

        return found;
    }

    private static JinjaList Partition(TemplateText text, TemplateText separator, bool fromEnd)
    {
        var at = fromEnd ? text.Value.LastIndexOf(separator.Value, StringComparison.Ordinal) : text.Value.IndexOf(separator.Value, StringComparison.Ordinal);
        return at >= 0
            ? new JinjaList([text.Slice(0, at), separator, text.Slice(at + separator.Length, text.Length - at - separator.Length)], IsTuple: true)
            : new JinjaList(fromEnd ? [TemplateText.Empty, TemplateText.Empty, text] : [text, TemplateText.Empty, TemplateText.Empty], IsTuple: true);
    }

    private static TemplateText Pad(TemplateText text, Arguments given, Func<int, int, (int Before, int After)> share)
    {
        var width = (int)Math.Clamp(given.Integer(0, "width", 0), 0, MostWidth);
        var room = width - text.Length;
        if (room <= 0)
        {
            return text;
        }

        var fill = given.OptionalText(1, "fillchar")?.Value is { Length: > 0 } one ? one[..1] : " ";
        var (before, after) = share(room, width);
        given.Budget.Spend(room);
        return new TextBuilder(given.Budget).Append(new string(fill[0], before)).Append(text).Append(new string(fill[0], after)).ToText();
    }
}
