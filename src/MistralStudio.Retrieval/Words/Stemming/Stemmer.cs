namespace MistralStudio.Retrieval.Words.Stemming;

/// <summary>Takes the endings off words, so that the forms of one word meet.</summary>
internal static class Stemmer
{
    /// <param name="word">Folded by <see cref="Tokens.Fold"/>.</param>
    public static string Stem(string word, Language language) => word.Length < 3 || word.AsSpan().ContainsAnyInRange('0', '9') ? word : language switch
    {
        Language.English => PorterStemmer.Stem(word),
        Language.German => GermanStemmer.Stem(word),
        Language.French => RomanceStemmers.French(word),
        Language.Spanish => RomanceStemmers.Spanish(word),
        Language.Italian => RomanceStemmers.Italian(word),
        Language.Portuguese => RomanceStemmers.Portuguese(word),
        Language.Russian => RussianStemmer.Stem(word),
        _ => word,
    };
}
