using System.Globalization;
using MistralStudio.Retrieval.Index;

namespace MistralStudio.Retrieval.Citations;

/// <summary>A sentence as its evidence is compared: stems of what it says, its numbers, its names.</summary>
internal sealed record EvidenceWords(HashSet<string> Stems, HashSet<string> Numbers, HashSet<string> Names, bool Negated)
{
    // Words about the source and not of it.
    private static readonly HashSet<string> s_aboutSource = new(StringComparer.Ordinal) { "according", "document", "passage" };

    private static readonly HashSet<string> s_negations = new(StringComparer.Ordinal) { "not", "no", "never", "none", "without", "neither", "nor", "cannot" };

    public static EvidenceWords Of(ReadOnlySpan<char> text)
    {
        var words = new EvidenceWords(new(StringComparer.Ordinal), new(StringComparer.Ordinal), new(StringComparer.Ordinal), false);
        var first = true;
        var negated = false;
        for (var i = 0; i < text.Length;)
        {
            if (text[i] == '[' && MarkAt(text[i..]) is > 0 and var mark)
            {
                i += mark;
                continue;
            }

            if (!char.IsLetterOrDigit(text[i]))
            {
                i++;
                continue;
            }

            var end = i + 1;
            while (end < text.Length && (char.IsLetterOrDigit(text[end])
                || (text[end] is '.' or ',' && end + 1 < text.Length && char.IsDigit(text[end - 1]) && char.IsDigit(text[end + 1]))))
            {
                end++;
            }

            var word = text[i..end];
            if (char.IsDigit(word[0]) && Number(word) is { } number)
            {
                words.Numbers.Add(number);
                words.Stems.Add(number);
            }
            else
            {
                AddWord(words, word, first, ref negated);
            }

            negated |= end + 1 < text.Length && text[end] is '\'' or '’' && word[^1] == 'n' && end + 1 < text.Length && text[end + 1] == 't';
            first = false;
            i = end;
        }

        return words with { Negated = negated };
    }

    /// <summary>Length of a mark such as <c>[1]</c> or <c>[2, 3]</c>; 0 for none. Models write them of themselves, and they say nothing of the source.</summary>
    private static int MarkAt(ReadOnlySpan<char> text)
    {
        var end = text.IndexOf(']');
        if (end is < 2 or > 16 || text[1..end].IndexOfAnyExcept("0123456789,; ") >= 0)
        {
            return 0;
        }

        var number = 0;
        foreach (var c in text[1..end])
        {
            number = char.IsDigit(c) ? number + 1 : 0;
            if (number > 2)
            {
                return 0;
            }
        }

        return end + 1;
    }

    private static void AddWord(EvidenceWords words, ReadOnlySpan<char> word, bool first, ref bool negated)
    {
        if (LexicalText.IsUnspaced(word[0]))
        {
            // Unspaced script: neighbouring characters are as near to words as it gets without a dictionary.
            for (var i = 0; i + 1 < word.Length; i++)
            {
                words.Stems.Add(word.Slice(i, 2).ToString());
            }

            return;
        }

        var lower = word.ToString().ToLowerInvariant();
        negated |= s_negations.Contains(lower);
        if (FunctionWords.Contains(lower) || s_aboutSource.Contains(lower) || s_negations.Contains(lower))
        {
            return;
        }

        var stem = Stem(lower);
        words.Stems.Add(stem);
        if (!first && char.IsUpper(word[0]) && word.Length > 1)
        {
            words.Names.Add(stem);
        }
    }

    /// <summary>Numbers compare by value: <c>1,234.50</c> is <c>1234.5</c>; a comma before other than three digits is a decimal one.</summary>
    private static string? Number(ReadOnlySpan<char> word)
    {
        if (word.IndexOfAnyExcept("0123456789.,") >= 0)
        {
            return null;
        }

        var text = word.ToString();
        var comma = text.LastIndexOf(',');
        if (comma >= 0)
        {
            text = text.Count(c => c == ',') == 1 && text.Length - comma != 4 && !text.Contains('.', StringComparison.Ordinal)
                ? text.Replace(',', '.')
                : text.Replace(",", "", StringComparison.Ordinal);
        }

        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value.ToString("0.################", CultureInfo.InvariantCulture)
            : text;
    }

    private static string Stem(string word)
    {
        foreach (var ending in (ReadOnlySpan<string>)["ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s", "e"])
        {
            if (word.Length - ending.Length >= 3 && word.EndsWith(ending, StringComparison.Ordinal) && !word.EndsWith("ss", StringComparison.Ordinal))
            {
                return ending is "ied" or "ies" ? word[..^ending.Length] + "y" : word[..^ending.Length];
            }
        }

        return word;
    }
}
