using System.Globalization;
using Microsoft.Extensions.Localization;

namespace MistralStudio.Web.Resources;

/// <summary>Words that change with a number. A resource <c>X</c> has the form for many, <c>X.One</c> the form for one where it differs.</summary>
public static class Plurals
{
    /// <summary>The form of <paramref name="key"/> for <paramref name="count"/>, which is its <c>{0}</c>; <paramref name="more"/> follow from <c>{1}</c> on.</summary>
    public static string Count<T>(this IStringLocalizer<T> words, string key, long count, params object[] more)
    {
        object[] values = [count, .. more];
        return IsOne(count, CultureInfo.CurrentUICulture) && words[$"{key}.One", values] is { ResourceNotFound: false } one ? one : words[key, values];
    }

    /// <summary>Unicode's plural category "one" of the languages that the studio speaks (CLDR, cardinal).</summary>
    public static bool IsOne(long count, CultureInfo culture) => culture.TwoLetterISOLanguageName switch
    {
        "zh" => false,
        "fr" => count is 0 or 1,
        _ => count == 1,
    };
}
