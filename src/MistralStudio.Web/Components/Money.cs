using System.Globalization;

namespace MistralStudio.Web.Components;

/// <summary>US dollars for people.</summary>
internal static class Money
{
    /// <summary>Cents where there are any, otherwise the two digits that tell small sums apart: <c>$1.20</c>, <c>$0.0042</c>, <c>$0.000013</c>.</summary>
    public static string Short(decimal dollars)
    {
        var places = 2;
        for (var step = 0.1m; places < 8 && dollars > 0 && dollars < step; step /= 10)
        {
            places++;
        }

        return "$" + dollars.ToString("0." + new string('0', 2) + new string('#', places - 2), CultureInfo.CurrentCulture);
    }
}
