namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>
/// Cuts words to the width that a card has for them. The browser could (text-overflow), but each cut of its own is a part of the picture that it
/// weighs in every frame, and a canvas has thousands.
/// </summary>
public static class CardText
{
    /// <summary>Room beside the tile of a card, pixels.</summary>
    public const double Title = 132;

    /// <summary>The same beside a state at the right.</summary>
    public const double TitleBeside = 110;

    /// <summary>Room of a line across a card.</summary>
    public const double Line = 158;

    /// <summary>The text, or as much of its beginning as fits with an ellipsis.</summary>
    /// <param name="size">Size of the font, pixels.</param>
    /// <param name="isMono">True for the font of code, whose letters are all as wide.</param>
    public static string Fit(string text, double width, double size, bool isMono = false)
    {
        ArgumentNullException.ThrowIfNull(text);
        var room = width / size;
        var used = 0d;
        var kept = 0;
        for (var i = 0; i < text.Length; i++)
        {
            used += isMono ? 0.6 : WidthOf(text[i]);
            if (used > room)
            {
                // Never half a character of two units.
                kept = kept > 0 && char.IsHighSurrogate(text[kept - 1]) ? kept - 1 : kept;
                return $"{text.AsSpan(0, kept).TrimEnd()}…";
            }

            // The ellipsis needs its own room.
            kept = used + 0.75 <= room ? i + 1 : kept;
        }

        return text;
    }

    /// <summary>About how wide a text is, pixels.</summary>
    /// <param name="size">Size of the font, pixels.</param>
    public static double Width(string text, double size)
    {
        ArgumentNullException.ThrowIfNull(text);
        return size * text.Sum(WidthOf);
    }

    // In em, of the semi-bold Inter; what is not Latin is taken to be square.
    private static double WidthOf(char letter) => letter switch
    {
        'i' or 'l' or 'j' or 'I' or '.' or ',' or ':' or ';' or '\'' or '|' or '!' or ' ' => 0.28,
        'f' or 't' or 'r' or '(' or ')' or '[' or ']' or '/' or '-' or '"' => 0.39,
        'm' or 'w' or 'M' or 'W' or '@' or '%' or '—' => 0.92,
        >= 'A' and <= 'Z' => 0.7,
        >= '0' and <= '9' => 0.63,
        < '\u0250' => 0.59,
        >= '\u0370' and < '\u0780' => 0.68,
        >= '\udc00' and <= '\udfff' => 0,
        _ => 1.02,
    };
}
