using System.Collections.Frozen;
using System.Globalization;

namespace MistralStudio.Core.Schemas.Text;

/// <summary>A set of Unicode scalar values as sorted, disjoint ranges with inclusive ends. Surrogates are in no set.</summary>
internal sealed class CharSet
{
    public const int Last = 0x10FFFF;
    private const int FirstSurrogate = 0xD800;
    private const int LastSurrogate = 0xDFFF;

    private static readonly FrozenDictionary<string, UnicodeCategory[]> s_categories = Categories();

    private CharSet(List<(int Low, int High)> ranges)
    {
        // Sorted, merged and without surrogates: the one spelling of a set.
        ranges.Sort();
        var merged = new List<(int Low, int High)>(ranges.Count);
        foreach (var (low, high) in ranges.SelectMany(WithoutSurrogates))
        {
            if (merged.Count > 0 && low <= merged[^1].High + 1)
            {
                merged[^1] = (merged[^1].Low, Math.Max(merged[^1].High, high));
            }
            else
            {
                merged.Add((low, high));
            }
        }

        Ranges = [.. merged];
    }

    /// <summary>Every scalar value.</summary>
    public static CharSet All { get; } = Of((0, Last));

    public static CharSet Digits { get; } = Of(('0', '9'));

    /// <summary>ECMAScript's <c>\w</c>.</summary>
    public static CharSet Word { get; } = Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));

    /// <summary>ECMAScript's <c>\s</c>: white space and line ends.</summary>
    public static CharSet Space { get; } = Of(
        ('\t', '\r'), (' ', ' '), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F),
        (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    /// <summary>ECMAScript's <c>.</c>: all but line ends.</summary>
    public static CharSet Dot { get; } = Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)).Negate();

    public (int Low, int High)[] Ranges { get; }

    public bool IsEmpty => Ranges.Length == 0;

    public static CharSet Of(params (int Low, int High)[] ranges) => new([.. ranges]);

    public static CharSet Union(IEnumerable<CharSet> sets) => new([.. sets.SelectMany(set => set.Ranges)]);

    public CharSet Negate()
    {
        var gaps = new List<(int, int)>();
        var next = 0;
        foreach (var (low, high) in Ranges)
        {
            if (low > next)
            {
                gaps.Add((next, low - 1));
            }

            next = high + 1;
        }

        if (next <= Last)
        {
            gaps.Add((next, Last));
        }

        return new CharSet(gaps);
    }

    public bool Contains(int rune)
    {
        var low = 0;
        var high = Ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (rune < Ranges[middle].Low)
            {
                high = middle - 1;
            }
            else if (rune > Ranges[middle].High)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The set of a property as <c>\p{...}</c> names it: a general category by its short or long name, with or without
    /// <c>General_Category=</c>, or one of Any, ASCII, Assigned. Null for any other.
    /// </summary>
    public static CharSet? Property(string name)
    {
        var category = name;
        foreach (var prefix in new[] { "General_Category=", "gc=" })
        {
            category = category.StartsWith(prefix, StringComparison.Ordinal) ? category[prefix.Length..] : category;
        }

        return name switch
        {
            "Any" => All,
            "ASCII" => Of((0, 0x7F)),
            "Assigned" => Property("Cn")!.Negate(),
            _ when s_categories.TryGetValue(category, out var categories) => OfCategories(categories),
            _ => null,
        };
    }

    private static CharSet OfCategories(UnicodeCategory[] categories)
    {
        var ranges = new List<(int, int)>();
        var start = -1;
        for (var rune = 0; rune <= Last + 1; rune++)
        {
            var inside = rune <= Last && Array.IndexOf(categories, CharUnicodeInfo.GetUnicodeCategory(rune)) >= 0;
            if (inside && start < 0)
            {
                start = rune;
            }
            else if (!inside && start >= 0)
            {
                ranges.Add((start, rune - 1));
                start = -1;
            }
        }

        return new CharSet(ranges);
    }

    private static IEnumerable<(int Low, int High)> WithoutSurrogates((int Low, int High) range)
    {
        if (range.Low < FirstSurrogate)
        {
            yield return (range.Low, Math.Min(range.High, FirstSurrogate - 1));
        }

        if (range.High > LastSurrogate)
        {
            yield return (Math.Max(range.Low, LastSurrogate + 1), range.High);
        }
    }

    // Unicode Standard Annex 44, table 12: short name, long name, members.
    private static FrozenDictionary<string, UnicodeCategory[]> Categories()
    {
        (string Short, string Long, UnicodeCategory Category)[] single =
        [
            ("Lu", "Uppercase_Letter", UnicodeCategory.UppercaseLetter),
            ("Ll", "Lowercase_Letter", UnicodeCategory.LowercaseLetter),
            ("Lt", "Titlecase_Letter", UnicodeCategory.TitlecaseLetter),
            ("Lm", "Modifier_Letter", UnicodeCategory.ModifierLetter),
            ("Lo", "Other_Letter", UnicodeCategory.OtherLetter),
            ("Mn", "Nonspacing_Mark", UnicodeCategory.NonSpacingMark),
            ("Mc", "Spacing_Mark", UnicodeCategory.SpacingCombiningMark),
            ("Me", "Enclosing_Mark", UnicodeCategory.EnclosingMark),
            ("Nd", "Decimal_Number", UnicodeCategory.DecimalDigitNumber),
            ("Nl", "Letter_Number", UnicodeCategory.LetterNumber),
            ("No", "Other_Number", UnicodeCategory.OtherNumber),
            ("Pc", "Connector_Punctuation", UnicodeCategory.ConnectorPunctuation),
            ("Pd", "Dash_Punctuation", UnicodeCategory.DashPunctuation),
            ("Ps", "Open_Punctuation", UnicodeCategory.OpenPunctuation),
            ("Pe", "Close_Punctuation", UnicodeCategory.ClosePunctuation),
            ("Pi", "Initial_Punctuation", UnicodeCategory.InitialQuotePunctuation),
            ("Pf", "Final_Punctuation", UnicodeCategory.FinalQuotePunctuation),
            ("Po", "Other_Punctuation", UnicodeCategory.OtherPunctuation),
            ("Sm", "Math_Symbol", UnicodeCategory.MathSymbol),
            ("Sc", "Currency_Symbol", UnicodeCategory.CurrencySymbol),
            ("Sk", "Modifier_Symbol", UnicodeCategory.ModifierSymbol),
            ("So", "Other_Symbol", UnicodeCategory.OtherSymbol),
            ("Zs", "Space_Separator", UnicodeCategory.SpaceSeparator),
            ("Zl", "Line_Separator", UnicodeCategory.LineSeparator),
            ("Zp", "Paragraph_Separator", UnicodeCategory.ParagraphSeparator),
            ("Cc", "Control", UnicodeCategory.Control),
            ("Cf", "Format", UnicodeCategory.Format),
            ("Co", "Private_Use", UnicodeCategory.PrivateUse),
            ("Cn", "Unassigned", UnicodeCategory.OtherNotAssigned),
        ];
        (string Short, string Long)[] groups =
            [("L", "Letter"), ("M", "Mark"), ("N", "Number"), ("P", "Punctuation"), ("S", "Symbol"), ("Z", "Separator"), ("C", "Other")];
        var all = new Dictionary<string, UnicodeCategory[]>(StringComparer.Ordinal);
        foreach (var (shortName, longName, category) in single)
        {
            all[shortName] = all[longName] = [category];
        }

        foreach (var (shortName, longName) in groups)
        {
            all[shortName] = all[longName] = [.. single.Where(one => one.Short[0] == shortName[0]).Select(one => one.Category)];
        }

        all["LC"] = all["Cased_Letter"] = [UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter];
        return all.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
