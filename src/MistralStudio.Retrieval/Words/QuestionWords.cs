using MistralStudio.Retrieval.Words.Stemming;

namespace MistralStudio.Retrieval.Words;

/// <summary>Finds the words of one question, in some form, in one text after the other. For one thread at a time.</summary>
internal sealed class QuestionWords
{
    private readonly IReadOnlyCollection<Language> _languages;
    private readonly HashSet<string> _stems;

    // Stemmers take from the end of a word, German's also a "ge" from its front: what begins otherwise is no form of it.
    private readonly HashSet<char> _firsts;

    // Texts that were found for one question say the same words again and again.
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <param name="languages">In which of them a word may be a form of another.</param>
    public QuestionWords(string question, IReadOnlyCollection<Language> languages)
    {
        _languages = languages;
        _stems = TermWeights.Content(question).SelectMany(word => languages.Select(language => Stemmer.Stem(word.Text, language))).ToHashSet(StringComparer.Ordinal);
        _firsts = [.. _stems.Where(stem => stem.Length > 0).Select(stem => stem[0])];
        if (languages.Contains(Language.German))
        {
            _firsts.Add('g');
        }
    }

    /// <summary>Where a text says a word of the question.</summary>
    public IEnumerable<Token> In(string text) => Tokens.Words(text).Where(word => IsAsked(word.Text));

    private bool IsAsked(string word)
    {
        if (word.Length == 0 || !_firsts.Contains(word[0]))
        {
            return false;
        }

        if (!_known.TryGetValue(word, out var isAsked))
        {
            _known[word] = isAsked = _languages.Any(language => _stems.Contains(Stemmer.Stem(word, language)));
        }

        return isAsked;
    }
}
