using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Citations;

/// <summary>A sentence of an answer and the span of a passage that says the same.</summary>
/// <param name="Answer">The sentence in the answer.</param>
/// <param name="Passage">Which of the passages.</param>
/// <param name="Quote">The span in that passage's text.</param>
/// <param name="Coverage">Weight of the sentence's words that the span has, 0 to 1.</param>
internal sealed record Evidence(TextSpan Answer, int Passage, TextSpan Quote, double Coverage);

/// <summary>
/// Finds the evidence of each sentence of an answer by what it says, whatever the model's wording: rare words weigh more, every number must
/// be in the span and every name in its passage, unless the heading above says it ("the company" of a passage is the one that its document is
/// named after). What no span supports gets none.
/// </summary>
internal static class EvidenceMatcher
{
    private const double Enough = .5;
    private const double Contradiction = .2;

    // A neighbour is quoted too only where it adds a fifth of what the sentence says.
    private const double WindowCost = .2;
    private const int LongSentence = 300;
    private const int LongestWindow = 3;

    private sealed record Candidate(int Passage, TextSpan Span, EvidenceWords Words, int Units);

    public static IReadOnlyList<Evidence> Match(string answer, IReadOnlyList<EvidenceSource> passages)
    {
        var candidates = passages.SelectMany((passage, i) => Candidates(passage.Text, i)).ToList();
        if (candidates.Count == 0)
        {
            return [];
        }

        var whole = passages.Select(passage => EvidenceWords.Of(passage.Text)).ToList();
        var above = passages.Select(passage => passage.Said()).ToList();
        var single = candidates.Where(candidate => candidate.Units == 1).ToList();
        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var stem in single.SelectMany(candidate => candidate.Words.Stems))
        {
            found[stem] = found.GetValueOrDefault(stem) + 1;
        }

        double Weight(string stem) => Math.Log(1 + ((single.Count + 1.0) / (found.GetValueOrDefault(stem) + .5)));

        var evidence = new List<Evidence>();
        var sentences = AnswerSentences.Split(answer);
        foreach (var sentence in sentences)
        {
            var said = EvidenceWords.Of(answer.AsSpan(sentence.Start, sentence.Length));
            // A word alone ("Yes.", "Summary:") says nothing that could be evidenced. A number alone does where it is the whole answer; among others
            // it counts the points of a list, and any passage with that number would seem to say so.
            if (said.Stems.Count < 2 && (said.Numbers.Count == 0 || sentences.Count > 1))
            {
                continue;
            }

            (double Score, double Coverage, Candidate? Best) best = (Enough - 1e-9, 0, null);
            foreach (var candidate in candidates)
            {
                var heading = above[candidate.Passage];
                var datesItself = candidate.Words.Numbers.Any(EvidenceSource.IsYear);
                if (!said.Numbers.All(number => candidate.Words.Numbers.Contains(number) || (!datesItself && heading.Contains(number)))
                    || !said.Names.All(name => whole[candidate.Passage].Stems.Contains(name) || heading.Contains(name)))
                {
                    continue;
                }

                var shared = said.Stems.Where(candidate.Words.Stems.Contains).ToList();
                if (shared.Count < 2 && said.Stems.Count > 1)
                {
                    continue;
                }

                // What only the heading says is neither for the span nor against it.
                var coverage = shared.Sum(Weight) / said.Stems.Where(stem => candidate.Words.Stems.Contains(stem) || !heading.Contains(stem)).Sum(Weight);
                var score = coverage - (WindowCost * (candidate.Units - 1)) - (said.Negated == candidate.Words.Negated ? 0 : Contradiction);
                if (score > best.Score + 1e-9)
                {
                    best = (score, coverage, candidate);
                }
            }

            if (best.Best is { } chosen)
            {
                evidence.Add(new(sentence, chosen.Passage, chosen.Span, best.Coverage));
            }
        }

        return evidence;
    }

    /// <summary>Sentences of a passage, and lines of what has no sentences (tables, lists), alone and with their next neighbours.</summary>
    private static IEnumerable<Candidate> Candidates(string text, int passage)
    {
        var units = Sentences.Split(text, 0, text.Length, lineEnds: false)
            .SelectMany(sentence => sentence.Length > LongSentence ? Sentences.Split(text, sentence.Start, sentence.End, lineEnds: true) : [sentence])
            .ToList();
        for (var first = 0; first < units.Count; first++)
        {
            for (var count = 1; count <= LongestWindow && first + count <= units.Count; count++)
            {
                var span = new TextSpan(units[first].Start, units[first + count - 1].End);
                yield return new(passage, span, EvidenceWords.Of(text.AsSpan(span.Start, span.Length)), count);
            }
        }
    }
}
