namespace MistralStudio.Retrieval.Words.Stemming;

/// <summary>
/// French, Spanish, Italian and Portuguese: endings of number, gender and the commonest derivations, after the light stemmers of J. Savoy
/// ("Light Stemming Approaches for the French, Portuguese, German and Hungarian Languages", 2006). Words come without accents.
/// </summary>
internal static class RomanceStemmers
{
    private const int Shortest = 4;

    private static readonly (string Ending, string By)[] s_french =
    [
        ("issements", "i"), ("issement", "i"), ("atrices", "a"), ("atrice", "a"), ("ateurs", "a"), ("ateur", "a"), ("ations", "a"), ("ation", "a"),
        ("ements", "e"), ("ement", "e"), ("euses", "eu"), ("euse", "eu"), ("ities", ""), ("ites", ""), ("ite", ""), ("ives", "if"), ("ive", "if"),
        ("iques", "iqu"), ("ique", "iqu"), ("aux", "al"), ("eaux", "eau"), ("ables", "abl"), ("able", "abl"), ("istes", "ist"), ("iste", "ist"),
        ("eres", "er"), ("ere", "er"), ("aient", ""), ("erent", ""), ("ees", ""), ("ee", ""), ("es", ""), ("er", ""), ("ez", ""), ("ent", ""),
        ("ait", ""), ("e", ""), ("s", ""), ("x", ""),
    ];

    private static readonly (string Ending, string By)[] s_spanish =
    [
        ("amientos", "a"), ("imientos", "i"), ("amiento", "a"), ("imiento", "i"), ("aciones", "a"), ("acion", "a"), ("iciones", "i"), ("icion", "i"),
        ("adores", "a"), ("adoras", "a"), ("ador", "a"), ("adora", "a"), ("idades", ""), ("idad", ""), ("amente", ""), ("mente", ""),
        ("ieron", ""), ("aron", ""), ("aban", ""), ("ando", ""), ("iendo", ""), ("adas", ""), ("ados", ""), ("ada", ""), ("ado", ""), ("idas", ""),
        ("idos", ""), ("ida", ""), ("ido", ""), ("ces", "z"), ("eses", "es"), ("ces", "c"), ("iones", "ion"), ("aba", ""), ("ian", ""), ("ar", ""),
        ("er", ""), ("ir", ""), ("es", ""), ("os", ""), ("as", ""), ("an", ""), ("en", ""), ("o", ""), ("a", ""), ("e", ""), ("s", ""),
    ];

    private static readonly (string Ending, string By)[] s_italian =
    [
        ("azioni", "a"), ("azione", "a"), ("amenti", "a"), ("amento", "a"), ("imenti", "i"), ("imento", "i"), ("atori", "a"), ("atore", "a"),
        ("mente", ""), ("ando", ""), ("endo", ""), ("ita", ""), ("ati", ""), ("ate", ""), ("ata", ""), ("ato", ""), ("uti", ""), ("uto", ""),
        ("iti", ""), ("ito", ""), ("are", ""), ("ere", ""), ("ire", ""), ("ano", ""), ("ono", ""), ("chi", "c"), ("che", "c"), ("ghi", "g"),
        ("ghe", "g"), ("ie", ""), ("ii", ""), ("io", ""), ("ia", ""), ("e", ""), ("i", ""), ("o", ""), ("a", ""),
    ];

    private static readonly (string Ending, string By)[] s_portuguese =
    [
        ("amentos", "a"), ("amento", "a"), ("imentos", "i"), ("imento", "i"), ("acoes", "a"), ("acao", "a"), ("icoes", "i"), ("icao", "i"), ("oes", "ao"),
        ("aes", "ao"), ("adores", "a"), ("ador", "a"), ("idades", ""), ("idade", ""), ("mente", ""), ("aram", ""), ("eram", ""), ("iram", ""),
        ("ando", ""), ("endo", ""), ("indo", ""), ("adas", ""), ("ados", ""), ("ada", ""), ("ado", ""), ("idas", ""), ("idos", ""), ("ida", ""),
        ("ido", ""), ("ais", "al"), ("eis", "el"), ("res", "r"), ("zes", "z"), ("ns", "m"), ("ao", "ao"), ("ar", ""), ("er", ""), ("ir", ""), ("am", ""),
        ("em", ""), ("es", ""), ("os", ""), ("as", ""), ("o", ""), ("a", ""), ("e", ""), ("s", ""),
    ];

    public static string French(string word) => Strip(word, s_french);

    public static string Spanish(string word) => Strip(word, s_spanish);

    public static string Italian(string word) => Strip(word, s_italian);

    public static string Portuguese(string word) => Strip(word, s_portuguese);

    /// <summary>Takes off the first ending of the list that leaves enough of the word.</summary>
    private static string Strip(string word, (string Ending, string By)[] endings)
    {
        foreach (var (ending, by) in endings)
        {
            if (word.Length - ending.Length + by.Length >= Shortest && word.EndsWith(ending, StringComparison.Ordinal))
            {
                return word[..^ending.Length] + by;
            }
        }

        return word;
    }
}
