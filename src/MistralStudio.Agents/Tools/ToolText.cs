namespace MistralStudio.Agents.Tools;

/// <summary>Results of tools as texts.</summary>
internal static class ToolText
{
    /// <summary>Characters of a result that are kept.</summary>
    public const int MostKept = 64_000;

    // Of one tool's result before the model: small models hold no more beside the rest.
    private const int LeastShown = 1_000;
    private const int MostShown = 24_000;

    /// <summary>Characters of a result that a model is shown.</summary>
    /// <param name="context">Tokens that it holds; null where it does not say.</param>
    public static int Shown(int? context) => Math.Clamp(context ?? MostShown, LeastShown, MostShown);

    /// <summary>A text that is not longer than so many characters, and says where it was cut.</summary>
    public static string Cut(string text, int most) => text.Length <= most ? text : $"{text[..most]}\n(cut here: it had {text.Length:N0} characters)";
}
