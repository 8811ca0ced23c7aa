using System.Collections.Frozen;

namespace MistralStudio.Retrieval.Words;

/// <summary>Tells the language of a text by its smallest words: in prose every third word is one of them, and each language has its own.</summary>
internal static class LanguageDetection
{
    // Enough of a text to know; the rest of a book says the same.
    private const int MostCharacters = 40_000;

    // Lists of terms, tables and texts without small words say nothing; they are treated as English is, which harms other words least.
    private const int FewestWords = 3;

    private static readonly FrozenDictionary<string, Language[]> s_languages = Read(
        (Language.English, "the of and to in is that it for was with as be by on are this from which have has not or had but they were an at his her their its what how who when where why does did many much"),
        (Language.German, "der die und den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch wurde was wer wann welche welcher welches"),
        (Language.French, "le la les de des du et en un une est que qui dans pour par sur au aux avec ce cette ces ne pas plus se son sa ses il elle ils nous vous sont été leur mais ou où comme quel quelle quels quand pourquoi combien"),
        (Language.Spanish, "el la los las de del y en un una es que por para con se su sus al lo como más no fue son este esta pero sobre entre cuando muy sin también hasta hay donde quien desde todo cuál qué quién cuándo dónde cuántos"),
        (Language.Italian, "il lo la gli le di del della dei delle e in un una è che per con si da al alla nel nella non sono più come anche ma su dal dalla questo questa suo sua essere stato o quale quando dove perché chi"),
        (Language.Portuguese, "o a os as de do da dos das e em um uma é que por para com se no na nos nas ao não mais como foi são seu sua pelo pela mas ou este esta também já entre quando muito até qual quem onde quando"),
        (Language.Russian, "и в не на что с по как это из к у за от о его для был было была были до при или но так же то а все она он они их мы вы бы ли только во какой какая какие кто где когда сколько почему"),
        (Language.Other, "i w na nie się z do że to jest jako przez od dla oraz były było który która które"),
        (Language.Other, "och att det som en på är av för med den till inte har om ett men jag de vad hur"),
        (Language.Other, "og at det som en på er av til ikke har om et men jeg de i hvad hvordan blev"),
        (Language.Other, "de het een van en in is dat op te zijn met voor niet aan er om door maar ook als bij naar wordt heeft wat hoe"),
        (Language.Other, "ja on ei se että oli ovat mutta kun joka tai niin myös hän mitä"),
        (Language.Other, "a az és hogy nem is egy van volt ez meg de csak már mint"),
        (Language.Other, "ve bir bu için ile da de olarak çok daha en gibi kadar ne olan"),
        (Language.Other, "a je na se že to v do s si za pro jako ale by jsou nebo při která"),
        (Language.Other, "și în de la cu pe nu este care din pentru o mai sunt un să dar prin"),
        (Language.Other, "і в не на що з як це у та до за від про його для був була були або але який"),
        (Language.Other, "va na kwa ya wa ni katika la za"),
        (Language.Other, "của và là các trong cho một những được có không với người này"),
        (Language.Other, "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya"),
        (Language.Other, "και το να του της με για που από στην είναι τον ένα"),
        (Language.Other, "في من على أن إلى هذا التي الذي كان عن مع"));

    /// <summary>The language whose small words are most frequent; <see cref="Language.English"/> where they are too few to tell.</summary>
    public static Language Of(params IEnumerable<string> texts)
    {
        Span<int> counts = stackalloc int[Enum.GetValues<Language>().Length];
        var left = MostCharacters;
        foreach (var text in texts)
        {
            foreach (var word in Tokens.Words(text.AsSpan(0, Math.Min(left, text.Length)).ToString()))
            {
                if (s_languages.TryGetValue(word.Text, out var languages))
                {
                    foreach (var language in languages)
                    {
                        counts[(int)language]++;
                    }
                }
            }

            left -= text.Length;
            if (left <= 0)
            {
                break;
            }
        }

        var best = Language.English;
        for (var language = Language.German; language <= Language.Other; language++)
        {
            if (counts[(int)language] > counts[(int)best])
            {
                best = language;
            }
        }

        return counts[(int)best] < FewestWords ? Language.English : best;
    }

    private static FrozenDictionary<string, Language[]> Read(params (Language Language, string Words)[] lists) => lists
        .SelectMany(list => list.Words.Split(' ').Select(word => (Word: Tokens.Fold(word), list.Language)))
        .Distinct().GroupBy(item => item.Word, StringComparer.Ordinal)
        .ToFrozenDictionary(group => group.Key, group => group.Select(item => item.Language).ToArray(), StringComparer.Ordinal);
}
