namespace MistralStudio.Retrieval.Words.Stemming;

/// <summary>
/// German: CISTEM (Weissweiler and Fraser, "Developing a Stemmer for German Based on a Comparative Analysis of Publicly Available
/// Stemmers", 2017), over words without umlauts.
/// </summary>
internal static class GermanStemmer
{
    public static string Stem(string word)
    {
        if (word.StartsWith("ge", StringComparison.Ordinal) && word.Length >= 6)
        {
            word = word[2..];
        }

        // Letters that sound as one count as one while endings are taken off.
        word = word.Replace("sch", "$", StringComparison.Ordinal).Replace("ei", "%", StringComparison.Ordinal).Replace("ie", "&", StringComparison.Ordinal);
        while (word.Length > 3)
        {
            var shorter = word.Length > 5 && (word.EndsWith("em", StringComparison.Ordinal) || word.EndsWith("er", StringComparison.Ordinal)
                    || word.EndsWith("nd", StringComparison.Ordinal)) ? word[..^2]
                : word[^1] is 't' or 'e' or 's' or 'n' ? word[..^1] : word;
            if (shorter.Length == word.Length)
            {
                break;
            }

            word = shorter;
        }

        return word.Replace("$", "sch", StringComparison.Ordinal).Replace("%", "ei", StringComparison.Ordinal).Replace("&", "ie", StringComparison.Ordinal);
    }
}
