using System.Runtime.InteropServices;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Words.Stemming;

namespace MistralStudio.Retrieval.Words;

/// <summary>A term of a passage and how much it says about it: BM25 without the term's rarity, which is known only when it is asked for.</summary>
/// <param name="Weight">In steps of <see cref="TermWeights.Step"/>.</param>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
internal readonly record struct WeightedTerm(int Term, ushort Weight);

/// <summary>
/// The words of passages and questions as numbered terms. The weight of a term is BM25's part of term frequency and length, with a fixed
/// average length, so that it can be computed once, and is the same in every store.
/// </summary>
internal static class TermWeights
{
    /// <summary>What a step of a stored weight is worth.</summary>
    public const float Step = (float)(Saturation + 1) / ushort.MaxValue;

    private const double Saturation = 1.2;
    private const double LengthWeight = .75;

    // The usual passage; a passage is not far from it, because that is how they are cut.
    private const double AverageLength = 150;

    // Title twice, section half as much again as the text.
    private const double TitleWeight = 2;
    private const double SectionWeight = 1.5;

    // Somebody says that the passage is about this.
    private const double KeywordWeight = 3;

    // Runs of three letters stand beside words where no stemmer brings a word's forms together, and each says little.
    private const double RunWeight = .3;
    private const int RunLength = 3;
    private const int MostQueryWords = 64;

    /// <summary>Terms of a passage, by their numbers.</summary>
    /// <param name="title">Name of its document.</param>
    /// <param name="keywords">Words that people gave it.</param>
    public static WeightedTerm[] OfPassage(string title, string? section, string text, Language language, IReadOnlyList<string> keywords)
    {
        var words = new Dictionary<string, double>(StringComparer.Ordinal);
        var runs = new Dictionary<string, double>(StringComparer.Ordinal);
        var length = 0;
        length += Count(Path.GetFileNameWithoutExtension(title).Replace('_', ' '), language, TitleWeight, words, runs);
        length += Count(section ?? "", language, SectionWeight, words, runs);
        length += Count(text, language, 1, words, runs);
        length += keywords.Sum(keyword => Count(keyword, language, KeywordWeight, words, runs));
        var norm = Saturation * (1 - LengthWeight + (LengthWeight * length / AverageLength));
        var terms = new Dictionary<int, double>(words.Count + runs.Count);
        foreach (var (word, frequency) in words)
        {
            Add(terms, word, frequency * (Saturation + 1) / (frequency + norm));
        }

        foreach (var (run, frequency) in runs)
        {
            Add(terms, RunTerm(run), RunWeight * frequency * (Saturation + 1) / (frequency + norm));
        }

        var weighted = new WeightedTerm[terms.Count];
        var i = 0;
        foreach (var (term, weight) in terms)
        {
            weighted[i++] = new(term, (ushort)Math.Clamp(Math.Round(weight / Step), 1, ushort.MaxValue));
        }

        Array.Sort(weighted, (a, b) => a.Term.CompareTo(b.Term));
        return weighted;
    }

    /// <summary>
    /// Terms of a question with how often it says them, its words in each of the languages of what is searched. Function words count only
    /// where there are no others.
    /// </summary>
    public static Dictionary<int, float> OfQuestion(string question, IReadOnlyCollection<Language> languages)
    {
        var terms = new Dictionary<int, float>();
        foreach (var (word, _, _) in Content(question))
        {
            foreach (var term in Forms(word, languages))
            {
                terms[term] = terms.GetValueOrDefault(term) + 1;
            }
        }

        return terms;
    }

    /// <summary>The words of a question that are looked for: not its function words, where there are others.</summary>
    public static IReadOnlyList<Token> Content(string question)
    {
        var words = Tokens.Words(question).ToList();
        var content = words.Where(word => !FunctionWords.Contains(question.Substring(word.Start, word.Length).ToLowerInvariant())).ToList();
        return [.. (content.Count > 0 ? content : words).Take(MostQueryWords)];
    }

    private static IEnumerable<int> Forms(string word, IReadOnlyCollection<Language> languages)
    {
        var forms = languages.Select(language => TermId.Of(Stemmer.Stem(word, language))).ToHashSet();
        if (languages.Contains(Language.Other))
        {
            forms.UnionWith(Runs(word).Select(run => TermId.Of(RunTerm(run))));
        }

        return forms;
    }

    private static int Count(string text, Language language, double weight, Dictionary<string, double> words, Dictionary<string, double> runs)
    {
        var length = 0;
        foreach (var (word, _, _) in Tokens.Words(text))
        {
            length++;
            CollectionsMarshal.GetValueRefOrAddDefault(words, Stemmer.Stem(word, language), out _) += weight;
            if (language == Language.Other)
            {
                foreach (var run in Runs(word))
                {
                    CollectionsMarshal.GetValueRefOrAddDefault(runs, run, out _) += weight;
                }
            }
        }

        return length;
    }

    // Shorter words are their own run.
    private static IEnumerable<string> Runs(string word)
    {
        for (var at = 0; word.Length > RunLength && at + RunLength <= word.Length; at++)
        {
            yield return word.Substring(at, RunLength);
        }
    }

    // No word has a space in it.
    private static string RunTerm(string run) => " " + run;

    private static void Add(Dictionary<int, double> terms, string term, double weight) =>
        CollectionsMarshal.GetValueRefOrAddDefault(terms, TermId.Of(term), out _) += weight;
}
