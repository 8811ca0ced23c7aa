namespace MistralStudio.Retrieval.Words.Stemming;

/// <summary>English: M. F. Porter, "An algorithm for suffix stripping", 1980, as SQLite's <c>porter</c> tokenizer has it.</summary>
internal static class PorterStemmer
{
    private static readonly (string Ending, string By)[] s_second =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("logi", "log"), ("bli", "ble"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ];

    private static readonly (string Ending, string By)[] s_third =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    private static readonly string[] s_fourth =
    [
        "ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ion", "ism", "ate", "iti", "ous", "ive", "ize", "al", "er", "ic", "ou",
    ];

    public static string Stem(string word)
    {
        if (word.Length < 3 || word.AsSpan().ContainsAnyExceptInRange('a', 'z'))
        {
            return word;
        }

        word = First(word);
        if (word[^1] == 'y' && HasVowel(word, word.Length - 1))
        {
            word = word[..^1] + "i";
        }

        word = Replace(Replace(word, s_second), s_third);
        return Last(Fourth(word));
    }

    private static string First(string word)
    {
        if (word[^1] == 's')
        {
            word = word.EndsWith("sses", StringComparison.Ordinal) || word.EndsWith("ies", StringComparison.Ordinal) ? word[..^2]
                : word[^2] == 's' ? word : word[..^1];
        }

        if (word.EndsWith("eed", StringComparison.Ordinal))
        {
            return Measure(word, word.Length - 3) > 0 ? word[..^1] : word;
        }

        var ending = word.EndsWith("ed", StringComparison.Ordinal) ? 2 : word.EndsWith("ing", StringComparison.Ordinal) ? 3 : 0;
        if (ending == 0 || !HasVowel(word, word.Length - ending))
        {
            return word;
        }

        word = word[..^ending];
        return word.EndsWith("at", StringComparison.Ordinal) || word.EndsWith("bl", StringComparison.Ordinal) || word.EndsWith("iz", StringComparison.Ordinal)
            ? word + "e"
            : EndsDouble(word) && word[^1] is not ('l' or 's' or 'z') ? word[..^1]
            : Measure(word, word.Length) == 1 && EndsShort(word, word.Length) ? word + "e" : word;
    }

    private static string Replace(string word, (string Ending, string By)[] rules)
    {
        foreach (var (ending, by) in rules)
        {
            if (word.EndsWith(ending, StringComparison.Ordinal))
            {
                var stem = word.Length - ending.Length;
                return Measure(word, stem) > 0 ? word[..stem] + by : word;
            }
        }

        return word;
    }

    private static string Fourth(string word)
    {
        foreach (var ending in s_fourth)
        {
            if (word.EndsWith(ending, StringComparison.Ordinal))
            {
                var stem = word.Length - ending.Length;
                var fits = ending != "ion" || (stem > 0 && word[stem - 1] is 's' or 't');
                return fits && Measure(word, stem) > 1 ? word[..stem] : word;
            }
        }

        return word;
    }

    private static string Last(string word)
    {
        if (word[^1] == 'e')
        {
            var measure = Measure(word, word.Length - 1);
            if (measure > 1 || (measure == 1 && !EndsShort(word, word.Length - 1)))
            {
                word = word[..^1];
            }
        }

        return word.EndsWith("ll", StringComparison.Ordinal) && Measure(word, word.Length - 1) > 1 ? word[..^1] : word;
    }

    private static bool IsVowel(string word, int at) =>
        word[at] is 'a' or 'e' or 'i' or 'o' or 'u' || (word[at] == 'y' && at > 0 && !IsVowel(word, at - 1));

    private static bool HasVowel(string word, int length)
    {
        for (var i = 0; i < length; i++)
        {
            if (IsVowel(word, i))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How often a vowel is followed by a consonant.</summary>
    private static int Measure(string word, int length)
    {
        var (measure, wasVowel) = (0, false);
        for (var i = 0; i < length; i++)
        {
            var isVowel = IsVowel(word, i);
            measure += wasVowel && !isVowel ? 1 : 0;
            wasVowel = isVowel;
        }

        return measure;
    }

    private static bool EndsDouble(string word) => word.Length > 1 && word[^1] == word[^2] && !IsVowel(word, word.Length - 1);

    private static bool EndsShort(string word, int length) => length > 2 && !IsVowel(word, length - 1) && IsVowel(word, length - 2)
        && !IsVowel(word, length - 3) && word[length - 1] is not ('w' or 'x' or 'y');
}
