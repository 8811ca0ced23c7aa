using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace MistralStudio.Core.Schemas;

/// <summary>
/// A JSON number, exactly: mantissa times ten to the exponent, the mantissa without trailing zeros. JSON Schema compares and divides
/// numbers, not doubles: 0.3 is a multiple of 0.1, and 1.0 is an integer.
/// </summary>
internal readonly struct JsonNumber : IComparable<JsonNumber>, IEquatable<JsonNumber>
{
    private const int MostExponent = 1 << 28;

    private JsonNumber(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero)
        {
            exponent = 0;
        }

        while (!mantissa.IsZero && BigInteger.Remainder(mantissa, 10).IsZero)
        {
            mantissa /= 10;
            exponent++;
        }

        Mantissa = mantissa;
        Exponent = exponent;
    }

    public static JsonNumber Zero { get; } = new(0, 0);

    public static JsonNumber One { get; } = new(1, 0);

    public BigInteger Mantissa { get; }

    /// <summary>Power of ten; numbers beyond 10^268435456 are held at that.</summary>
    public int Exponent { get; }

    public int Sign => Mantissa.Sign;

    public bool IsInteger => Exponent >= 0;

    /// <summary>Digits before the decimal point are about this many; negative for small fractions.</summary>
    public long Magnitude => Digits.Length + (long)Exponent;

    private string Digits => BigInteger.Abs(Mantissa).ToString(CultureInfo.InvariantCulture);

    public static JsonNumber Of(BigInteger mantissa, int exponent = 0) => new(mantissa, exponent);

    /// <summary>The number of an element of kind number.</summary>
    public static JsonNumber Of(JsonElement element) => Parse(element.GetRawText());

    /// <summary>A number as JSON writes it.</summary>
    public static JsonNumber Parse(ReadOnlySpan<char> text)
    {
        var exponent = 0L;
        if (text.IndexOfAny('e', 'E') is var e and >= 0)
        {
            var power = BigInteger.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            exponent = (long)BigInteger.Clamp(power, -MostExponent, MostExponent);
            text = text[..e];
        }

        var digits = text.ToString();
        if (digits.IndexOf('.', StringComparison.Ordinal) is var point and >= 0)
        {
            exponent -= digits.Length - point - 1;
            digits = digits.Remove(point, 1);
        }

        return new JsonNumber(BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), (int)exponent);
    }

    public JsonNumber Negate() => new(-Mantissa, Exponent);

    /// <summary>True where this is a whole number of times the divisor, which is above zero.</summary>
    public bool IsMultipleOf(JsonNumber divisor)
    {
        // a 10^p / (b 10^q) is whole where b divides a 10^(p-q).
        var shift = (long)Exponent - divisor.Exponent;
        if (shift >= 0)
        {
            return (Mantissa * BigInteger.ModPow(10, shift, divisor.Mantissa) % divisor.Mantissa).IsZero;
        }

        // No trailing zeros in a: ten to any power divides it only where it is zero.
        return Mantissa.IsZero;
    }

    public int CompareTo(JsonNumber other)
    {
        if (Sign != other.Sign || Sign == 0)
        {
            return Sign.CompareTo(other.Sign);
        }

        if (Magnitude != other.Magnitude)
        {
            return Sign * Magnitude.CompareTo(other.Magnitude);
        }

        // As many digits before the point: the exponents differ by no more than the digits written.
        var least = Math.Min(Exponent, other.Exponent);
        return (Mantissa * BigInteger.Pow(10, Exponent - least)).CompareTo(other.Mantissa * BigInteger.Pow(10, other.Exponent - least));
    }

    public bool Equals(JsonNumber other) => Mantissa == other.Mantissa && Exponent == other.Exponent;

    public override bool Equals(object? obj) => obj is JsonNumber other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Mantissa, Exponent);

    /// <summary>Digits before and behind the decimal point, without the sign.</summary>
    public (string Whole, string Fraction) Decimal()
    {
        var digits = Digits;
        if (Exponent >= 0)
        {
            return (digits + new string('0', Mantissa.IsZero ? 0 : Exponent), "");
        }

        digits = digits.PadLeft(-Exponent + 1, '0');
        return (digits[..^-Exponent], digits[^-Exponent..]);
    }

    /// <summary>In plain decimal notation, without an exponent.</summary>
    public override string ToString()
    {
        if (Math.Abs((long)Exponent) > 1000)
        {
            return $"{Mantissa}e{Exponent}";
        }

        var (whole, fraction) = Decimal();
        return (Sign < 0 ? "-" : "") + whole + (fraction.Length > 0 ? "." + fraction : "");
    }
}
