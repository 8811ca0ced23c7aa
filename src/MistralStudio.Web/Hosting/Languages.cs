using System.Globalization;
using Microsoft.AspNetCore.Localization;

namespace MistralStudio.Web.Hosting;

/// <summary>In whose manner the studio writes: numbers and dates as the reader's browser asks, words in the languages that have their resources.</summary>
internal static class Languages
{
    private static readonly CultureInfo[] s_manners = [.. new[] { "en-US", "en-GB", "fr", "de", "es", "zh-Hans" }.Select(CultureInfo.GetCultureInfo)];

    private static readonly CultureInfo[] s_words = [CultureInfo.GetCultureInfo("en")];

    /// <summary>Reads <c>Accept-Language</c>; a circuit keeps what its first request asked for.</summary>
    public static void UseReadersLanguage(this IApplicationBuilder app) => app.UseRequestLocalization(new RequestLocalizationOptions
    {
        DefaultRequestCulture = new RequestCulture("en-US", "en"),
        SupportedCultures = s_manners,
        SupportedUICultures = s_words,
        RequestCultureProviders = [new AcceptLanguageHeaderRequestCultureProvider()],
    });
}
