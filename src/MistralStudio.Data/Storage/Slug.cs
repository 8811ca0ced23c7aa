using System.Globalization;
using System.Text;

namespace MistralStudio.Data.Storage;

/// <summary>Names as parts of an address: <c>[a-z0-9-]{1,63}</c>.</summary>
internal static class Slug
{
    private const int MaxLength = 63;

    // Room for the number that makes a taken one free.
    private const int MaxBaseLength = 56;

    /// <summary>The slug of a name; <paramref name="fallback"/> where nothing of it can stand in an address.</summary>
    public static string Of(string name, string fallback)
    {
        var slug = new StringBuilder();
        foreach (var c in name.Normalize(NormalizationForm.FormD).ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                slug.Append(c);
            }
            else if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.NonSpacingMark && slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }

            if (slug.Length == MaxBaseLength)
            {
                break;
            }
        }

        var text = slug.ToString().Trim('-');
        return text.Length == 0 ? fallback : text;
    }

    /// <summary>The slug itself, or with the lowest number from 2 that makes it free.</summary>
    public static string Free(string slug, IReadOnlySet<string> taken)
    {
        var free = slug;
        for (var number = 2; taken.Contains(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{slug}-{number}");
        }

        return free.Length <= MaxLength ? free : throw new InvalidOperationException($"The slug {free} is too long.");
    }
}
