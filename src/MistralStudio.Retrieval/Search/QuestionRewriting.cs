using System.Collections.Frozen;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Words;
using MistralStudio.Retrieval.Words.Stemming;

namespace MistralStudio.Retrieval.Search;

/// <summary>
/// Makes a question that refers to the conversation ("and what did it cost?") one that stands alone. A model rewrites it; what it wrote is taken
/// only where its words come from the conversation, because small models rather answer, or ask something else. Otherwise the words of the
/// question before are added, which is what a search needs of them.
/// </summary>
internal sealed class QuestionRewriting(ChatModels chat)
{
    private const int MostTurns = 6;
    private const int CharactersOfTurn = 600;
    private const int LongestQuestion = 400;
    private const int FewestContentWords = 3;
    private const double FamiliarShare = .7;

    private const string Instructions =
        "Rewrite the last question so that it can be understood without the conversation: replace words like \"it\" or \"they\" by what they mean. Keep its language. Reply with the question only.";

    // Words that stand for something said before, and ways to begin that go on from it.
    private static readonly FrozenSet<string> s_references = (
        "it its they them their he him his she her this that these those one ones there then such same also else and but so "
        + "er sie es ihn ihm ihr ihre ihren diese dieser dieses das dort davon dazu damit daran und auch "
        + "il elle ils elles lui leur cela ça celui celle ceux y en et aussi "
        + "él ella ellos ellas eso esa ese esto esta aquello su sus lo y también "
        + "он она оно они его её ее их ему ей им это этот эта эти там тогда а и тоже")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The question to search for, and why no model wrote it where one should have.</summary>
    public async Task<(string Question, Error? Note)> RewriteAsync(KnowledgeQuery query, SearchSettings settings, CancellationToken cancellationToken)
    {
        if (query.Conversation.Count == 0 || StandsAlone(query.Text))
        {
            return (query.Text, null);
        }

        var turns = query.Conversation.TakeLast(MostTurns).ToList();
        var request = new StringBuilder("Conversation:\n");
        foreach (var turn in turns)
        {
            var text = turn.Text.Length <= CharactersOfTurn ? turn.Text : turn.Text[..CharactersOfTurn];
            request.Append(turn.IsQuestion ? "Person: " : "Assistant: ").Append(text.ReplaceLineEndings(" ")).Append('\n');
        }

        request.Append("\nLast question: ").Append(query.Text);
        var answer = await chat.AskAsync(
            query.Workspace, settings.RewriteModel, query.Bases, Instructions, request.ToString(), LongestQuestion / 4, cancellationToken);
        return answer.IsSuccess && Accept(answer.Value, query.Text, turns) is { } rewritten ? (rewritten, null) : (Join(query.Text, turns), answer.Error);
    }

    /// <summary>Whether a question says itself what it is about.</summary>
    public static bool StandsAlone(string question)
    {
        var words = Tokens.Words(question).Select(word => question.Substring(word.Start, word.Length).ToLowerInvariant()).ToList();
        return !words.Exists(s_references.Contains) && words.Count(word => !FunctionWords.Contains(word)) >= FewestContentWords;
    }

    /// <summary>The question with the content words of the last one before it that it does not have.</summary>
    public static string Join(string question, IReadOnlyList<QueryTurn> conversation)
    {
        if (conversation.LastOrDefault(turn => turn.IsQuestion) is not { } before)
        {
            return question;
        }

        var own = Stems(question).ToHashSet(StringComparer.Ordinal);
        var added = Tokens.Words(before.Text).Select(word => before.Text.Substring(word.Start, word.Length))
            .Where(word => IsContent(word) && own.Add(Stem(word)));
        return string.Join(' ', [question.Trim(), .. added]);
    }

    /// <summary>What a model wrote, where it is a question made of the conversation's words; otherwise null.</summary>
    public static string? Accept(string answer, string question, IReadOnlyList<QueryTurn> conversation)
    {
        var written = answer.Trim().Split('\n')[0].Trim().Trim('"').Trim();
        if (written.Length is 0 or > LongestQuestion)
        {
            return null;
        }

        var stems = Stems(written).ToList();
        var known = conversation.SelectMany(turn => Stems(turn.Text)).Concat(Stems(question)).ToHashSet(StringComparer.Ordinal);
        var asked = Stems(question).ToList();
        var keepsQuestion = asked.Count == 0 || asked.Exists(stems.Contains);
        return stems.Count > 0 && keepsQuestion && stems.Count(known.Contains) >= FamiliarShare * stems.Count ? written : null;
    }

    private static IEnumerable<string> Stems(string text) =>
        Tokens.Words(text).Select(word => text.Substring(word.Start, word.Length)).Where(IsContent).Select(Stem);

    private static bool IsContent(string word) => !FunctionWords.Contains(word.ToLowerInvariant()) && !s_references.Contains(word.ToLowerInvariant());

    private static string Stem(string word) => Stemmer.Stem(Tokens.Fold(word), Language.English);
}
