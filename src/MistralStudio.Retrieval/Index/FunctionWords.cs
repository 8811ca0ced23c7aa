using System.Collections.Frozen;

namespace MistralStudio.Retrieval.Index;

/// <summary>Words that hold sentences together and say nothing of their own: English, German, French, Spanish, Russian.</summary>
internal static class FunctionWords
{
    private static readonly FrozenSet<string> s_words = (
        "a about above after all also an and any are as at be because been being both but by can could did do does each for from had has have he her "
        + "his how i if in into is it its may me more most my of on or our s she should so some such t than that the their them then there these "
        + "they this those to was we were what when where which while who will with would you your "
        + "am auf aus bei das dem den der des die du ein eine einem einen einer eines er es für hat haben ich im ist mit nach oder sich sie sind "
        + "über um und von war waren was welche welcher welches wer werden wie wird wo wurde wurden zu zum zur "
        + "au aux ce ces cette dans de elle en est et il la le les leur ont ou par pour qu que quel quelle qui se sont sur un une "
        + "al como con cuál cuándo del dónde el ella era fue ha la las lo los más o para por qué quién se son su sus una y "
        + "был была было были в во где для до его за и из или их к как какая какие какой когда который кто ли на о об от по с со сколько у что это")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <param name="word">In lower case.</param>
    public static bool Contains(string word) => s_words.Contains(word);
}
