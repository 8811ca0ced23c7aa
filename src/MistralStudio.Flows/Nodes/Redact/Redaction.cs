using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace MistralStudio.Flows.Nodes.Redact;

/// <summary>What can be taken out of a text.</summary>
internal enum RedactKind
{
    Email,
    Phone,
    Card,
    Iban,
    Address,
    Secret,
}

/// <summary>Finds what names people, accounts and keys. Every pattern is linear in the text.</summary>
internal static class Redaction
{
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture;

    private static readonly (RedactKind Kind, Regex Pattern, Func<string, bool> IsOne)[] s_patterns =
    [
        (RedactKind.Secret, new Regex(@"\b(sk-[A-Za-z0-9_-]{16,}|ms_[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}|xox[abpr]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+)", Options), _ => true),
        (RedactKind.Email, new Regex(@"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", Options), _ => true),
        (RedactKind.Iban, new Regex(@"\b[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{2,4}){3,8}\b", Options), IsIban),
        (RedactKind.Card, new Regex(@"\b[0-9]([ -]?[0-9]){12,18}\b", Options), IsCard),
        (RedactKind.Address, new Regex(@"\b(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}\b|\b([0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f]{1,4}\b", Options), _ => true),
        (RedactKind.Phone, new Regex(@"((\+[0-9]{1,3}[ .-]?)?\([0-9]{1,5}\)|(\+|\b)[0-9]{1,5})([ .\-/]?[0-9]{1,5}){2,6}\b", Options), IsPhone),
    ];

    /// <summary>The text with every find replaced by its kind and number, and how many of each kind there were.</summary>
    public static (string Text, SortedDictionary<string, int> Found) Of(string text, IReadOnlyCollection<RedactKind> kinds, IReadOnlyCollection<string> words)
    {
        var found = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var numbers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (words.Count > 0)
        {
            var any = new Regex($@"(\b|^)({string.Join('|', words.OrderByDescending(word => word.Length).Select(Regex.Escape))})(\b|$)", Options | RegexOptions.IgnoreCase);
            text = Replace(text, "word", any, _ => true, found, numbers);
        }

        foreach (var (kind, pattern, isOne) in s_patterns.Where(one => kinds.Contains(one.Kind)))
        {
            text = Replace(text, kind.ToString().ToLowerInvariant(), pattern, isOne, found, numbers);
        }

        return (text, found);
    }

    private static string Replace(
        string text, string kind, Regex pattern, Func<string, bool> isOne, SortedDictionary<string, int> found, Dictionary<string, string> numbers)
    {
        var distinct = 0;
        return pattern.Replace(text, match =>
        {
            if (!isOne(match.Value))
            {
                return match.Value;
            }

            found[kind] = found.GetValueOrDefault(kind) + 1;
            if (!numbers.TryGetValue($"{kind}:{match.Value}", out var mark))
            {
                numbers[$"{kind}:{match.Value}"] = mark = $"[{kind} {++distinct}]";
            }

            return mark;
        });
    }

    private static string Digits(string text) => new([.. text.Where(char.IsAsciiDigit)]);

    // Telephone numbers have 7 to 15 digits (E.164) and begin like one, or are written in groups; years and amounts are neither.
    private static bool IsPhone(string text)
    {
        var digits = Digits(text).Length;
        var groups = text.Split([' ', '.', '-', '/', '(', ')'], StringSplitOptions.RemoveEmptyEntries).Length;
        return digits is >= 7 and <= 15 && (text[0] is '+' or '(' or '0' || groups >= 3);
    }

    // Luhn's sum (ISO/IEC 7812-1).
    private static bool IsCard(string text)
    {
        var digits = Digits(text);
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            sum += i % 2 == 0 ? digit : digit * 2 > 9 ? (digit * 2) - 9 : digit * 2;
        }

        return digits.Length is >= 13 and <= 19 && sum % 10 == 0;
    }

    // The number that the moved text spells is 1 modulo 97 (ISO 13616).
    private static bool IsIban(string text)
    {
        var compact = text.Replace(" ", "", StringComparison.Ordinal);
        if (compact.Length is < 15 or > 34)
        {
            return false;
        }

        var number = new StringBuilder();
        foreach (var letter in string.Concat(compact.AsSpan(4), compact.AsSpan(0, 4)))
        {
            number.Append(char.IsAsciiDigit(letter) ? letter - '0' : letter - 'A' + 10);
        }

        return BigInteger.Parse(number.ToString(), System.Globalization.CultureInfo.InvariantCulture) % 97 == 1;
    }
}
