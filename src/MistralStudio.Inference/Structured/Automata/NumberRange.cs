using System.Numerics;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured.Automata;

/// <summary>Which numbers are allowed: between two ends, and whole multiples of a step.</summary>
internal sealed record NumberRange
{
    public static NumberRange All { get; } = new();

    public JsonNumber? Lower { get; init; }

    /// <summary>True where <see cref="Lower"/> itself is not allowed.</summary>
    public bool AboveLower { get; init; }

    public JsonNumber? Upper { get; init; }

    /// <summary>True where <see cref="Upper"/> itself is not allowed.</summary>
    public bool BelowUpper { get; init; }

    /// <summary>1 for integers.</summary>
    public JsonNumber? MultipleOf { get; init; }

    public NumberRange AtLeast(JsonNumber? bound, bool exclusive) =>
        bound is not { } least || (Lower is { } own && (own.CompareTo(least) > 0 || (own.Equals(least) && (AboveLower || !exclusive))))
            ? this
            : this with { Lower = least, AboveLower = exclusive };

    public NumberRange AtMost(JsonNumber? bound, bool exclusive) =>
        bound is not { } most || (Upper is { } own && (own.CompareTo(most) < 0 || (own.Equals(most) && (BelowUpper || !exclusive))))
            ? this
            : this with { Upper = most, BelowUpper = exclusive };

    /// <summary>Multiples of both are the multiples of the least common one.</summary>
    public NumberRange Steps(JsonNumber? step)
    {
        if (step is not { } other || MultipleOf is not { } own)
        {
            return step is null ? this : this with { MultipleOf = step };
        }

        var exponent = Math.Min(own.Exponent, other.Exponent);
        if (Math.Abs((long)own.Exponent - other.Exponent) > DecimalAutomaton.MostDigits)
        {
            throw new SchemaException(SchemaErrors.TooLarge("\"multipleOf\" values whose sizes are too far apart"));
        }

        var (a, b) = (own.Mantissa * BigInteger.Pow(10, own.Exponent - exponent), other.Mantissa * BigInteger.Pow(10, other.Exponent - exponent));
        return this with { MultipleOf = JsonNumber.Of(a / BigInteger.GreatestCommonDivisor(a, b) * b, exponent) };
    }
}
