namespace MistralStudio.Core.Agents;

/// <summary>Names by which models call tools.</summary>
public static class ToolNames
{
    /// <summary>Characters that every server of models takes.</summary>
    public const int MostCharacters = 64;

    // Room for the number that tells two of one name apart.
    private const int ForNumber = 4;

    /// <summary>
    /// A name made of another: letters, digits and underscores, beginning with a letter, which every server of models takes, and one that is not
    /// taken yet.
    /// </summary>
    public static string Free(string name, IEnumerable<string> taken)
    {
        var known = taken.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var clean = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '_')).Trim('_');
        clean = clean.Length == 0 || !char.IsAsciiLetter(clean[0]) ? $"tool_{clean}" : clean;
        clean = clean.Length <= MostCharacters - ForNumber ? clean : clean[..(MostCharacters - ForNumber)];
        var free = clean;
        for (var number = 2; known.Contains(free); number++)
        {
            free = $"{clean}_{number}";
        }

        return free;
    }
}
