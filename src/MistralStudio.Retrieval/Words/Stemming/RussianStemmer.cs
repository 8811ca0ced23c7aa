namespace MistralStudio.Retrieval.Words.Stemming;

/// <summary>
/// Russian: the endings of participles, adjectives, verbs and nouns in turn, after the Snowball stemmer
/// (https://snowballstem.org/algorithms/russian/stemmer.html). Words come with <c>е</c> for <c>ё</c>.
/// </summary>
internal static class RussianStemmer
{
    private const string Vowels = "аеиоуыэюя";

    private static readonly string[] s_gerund = Longest("ив ивши ившись ыв ывши ывшись");
    private static readonly string[] s_gerundAfterA = Longest("в вши вшись");
    private static readonly string[] s_adjective = Longest("ее ие ые ое ими ыми ей ий ый ой ем им ым ом его ого ему ому их ых ую юю ая яя ою ею");
    private static readonly string[] s_participle = Longest("ивш ывш ующ");
    private static readonly string[] s_participleAfterA = Longest("ем нн вш ющ щ");
    private static readonly string[] s_verb = Longest("ила ыла ена ейте уйте ите или ыли ей уй ил ыл им ым ен ило ыло ено ят ует уют ит ыт ены ить ыть ишь ую ю");
    private static readonly string[] s_verbAfterA = Longest("ла на ете йте ли й л ем н ло но ет ют ны ть ешь нно");
    private static readonly string[] s_noun = Longest("а ев ов ие ье е иями ями ами еи ии и ией ей ой ий й иям ям ием ем ам ом о у ах иях ях ы ь ию ью ю ия ья я");

    public static string Stem(string word)
    {
        var start = Region(word);
        if (start < 0 || word[0] is < 'а' or > 'я')
        {
            return word;
        }

        var length = End(word, word.Length, start, s_gerund, s_gerundAfterA);
        if (length == word.Length)
        {
            length = word.EndsWith("ся", StringComparison.Ordinal) || word.EndsWith("сь", StringComparison.Ordinal) ? Math.Max(start, length - 2) : length;
            var adjective = End(word, length, start, s_adjective, []);
            length = adjective < length ? End(word, adjective, start, s_participle, s_participleAfterA)
                : End(word, length, start, s_verb, s_verbAfterA) is var verb && verb < length ? verb
                : End(word, length, start, s_noun, []);
        }

        length = length > start && word[length - 1] == 'и' ? length - 1 : length;
        length = Derivation(word, length, start);
        var stem = word.AsSpan(0, length);
        if (stem.EndsWith("ейше") || stem.EndsWith("ейш"))
        {
            stem = stem[..stem.LastIndexOf("ейш", StringComparison.Ordinal)];
        }

        stem = stem.EndsWith("нн") ? stem[..^1] : stem.EndsWith("ь") ? stem[..^1] : stem;
        return stem.Length < 2 ? word : stem.ToString();
    }

    /// <summary>The length without the longest of the endings that fits; those of the second list only after а or я.</summary>
    private static int End(string word, int length, int start, string[] endings, string[] afterA)
    {
        var shortest = length;
        var stem = word.AsSpan(start, length - start);
        foreach (var ending in endings)
        {
            if (stem.EndsWith(ending))
            {
                shortest = length - ending.Length;
                break;
            }
        }

        foreach (var ending in afterA)
        {
            if (stem.EndsWith(ending) && stem.Length > ending.Length && stem[^(ending.Length + 1)] is 'а' or 'я')
            {
                return Math.Min(shortest, length - ending.Length);
            }
        }

        return shortest;
    }

    private static int Derivation(string word, int length, int start)
    {
        var second = SecondRegion(word, start);
        var stem = word.AsSpan(0, length);
        return stem.EndsWith("ость") && length - 4 >= second ? length - 4 : stem.EndsWith("ост") && length - 3 >= second ? length - 3 : length;
    }

    /// <summary>The place after the first vowel; -1 where there is none.</summary>
    private static int Region(string word)
    {
        var vowel = word.AsSpan().IndexOfAny(Vowels);
        return vowel < 0 || vowel + 1 >= word.Length ? -1 : vowel + 1;
    }

    // After the first consonant that follows a vowel, twice.
    private static int SecondRegion(string word, int start)
    {
        var at = start - 1;
        for (var round = 0; round < 2; round++)
        {
            while (at < word.Length && !Vowels.Contains(word[at], StringComparison.Ordinal))
            {
                at++;
            }

            while (at < word.Length && Vowels.Contains(word[at], StringComparison.Ordinal))
            {
                at++;
            }

            at++;
        }

        return at;
    }

    private static string[] Longest(string endings) => [.. endings.Split(' ').OrderByDescending(ending => ending.Length)];
}
