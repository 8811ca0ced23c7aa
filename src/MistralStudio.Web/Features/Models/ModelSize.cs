using System.Globalization;

namespace MistralStudio.Web.Features.Models;

/// <summary>Numbers of parameters for people.</summary>
internal static class ModelSize
{
    /// <summary><c>135 M</c>, <c>3.4 B</c>; a dash where it is not known.</summary>
    public static string Of(long parameters) => parameters switch
    {
        0 => "–",
        < 1_000_000 => string.Create(CultureInfo.CurrentCulture, $"{parameters / 1e3:0} k"),
        < 1_000_000_000 => string.Create(CultureInfo.CurrentCulture, $"{parameters / 1e6:0} M"),
        _ => string.Create(CultureInfo.CurrentCulture, $"{parameters / 1e9:0.0} B"),
    };
}
