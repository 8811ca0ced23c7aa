using System.Numerics;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured.Automata;

/// <summary>
/// The numbers of a range in plain decimal notation: no exponent, no leading zeros, no minus before zero. Digits are compared with the
/// range's ends from the left, and a remainder is carried along for the step; both are finite, so the automaton is exact.
/// </summary>
internal sealed class DecimalAutomaton
{
    /// <summary>Most digits of an end or a step.</summary>
    public const int MostDigits = 400;

    private const int MostStep = 20_000;

    private readonly Comparison[] _positive;
    private readonly Comparison[] _negative;
    private readonly bool _canBePositive;
    private readonly bool _canBeNegative;
    private readonly int _step = 1;
    private readonly int _mostFraction = int.MaxValue;
    private readonly int _longestWhole;
    private readonly int _longestFraction;

    private DecimalAutomaton(NumberRange range)
    {
        var (lower, upper) = (range.Lower, range.Upper);
        _canBePositive = upper is not { Sign: < 0 };
        _positive =
        [
            .. lower is { } least && (least.Sign > 0 || (least.Sign == 0 && range.AboveLower))
                ? [new Comparison(least, Above: true, range.AboveLower)]
                : Array.Empty<Comparison>(),
            .. upper is { } most ? [new Comparison(most, Above: false, range.BelowUpper)] : Array.Empty<Comparison>(),
        ];

        // Below zero the digits are compared the other way round, and zero itself has no minus.
        _canBeNegative = lower is not { Sign: >= 0 };
        _negative =
        [
            .. lower is { } lowest ? [new Comparison(lowest, Above: false, range.AboveLower)] : Array.Empty<Comparison>(),
            upper is { Sign: < 0 } highest
                ? new Comparison(highest, Above: true, range.BelowUpper)
                : new Comparison(JsonNumber.Zero, Above: true, Exclusive: true),
        ];
        _longestWhole = _positive.Concat(_negative).Max(one => one.Whole.Length);
        _longestFraction = _positive.Concat(_negative).Max(one => one.Fraction.Length);
        if (range.MultipleOf is { } step)
        {
            Check(step);
            var size = step.Exponent >= 0 ? step.Mantissa * BigInteger.Pow(10, step.Exponent) : step.Mantissa;
            _step = size <= MostStep
                ? (int)size
                : throw new SchemaException(SchemaErrors.TooLarge($"\"multipleOf\" {step}, whose remainders are more than {MostStep:N0}"));
            _mostFraction = Math.Max(0, -step.Exponent);
        }
    }

    private enum Phase : byte
    {
        Start,
        Sign,
        Zero,
        Whole,
        Point,
        Fraction,
    }

    public static ByteDfa Build(NumberRange range, WorkLimit work)
    {
        foreach (var end in new[] { range.Lower, range.Upper })
        {
            if (end is { } number)
            {
                Check(number);
            }
        }

        return new DecimalAutomaton(range).Explore(work);
    }

    private static void Check(JsonNumber number)
    {
        if (number.Magnitude > MostDigits || number.Exponent < -MostDigits)
        {
            throw new SchemaException(SchemaErrors.TooLarge($"a number of more than {MostDigits} digits"));
        }
    }

    private ByteDfa Explore(WorkLimit work)
    {
        var nfa = new ByteNfa(work);
        var numbers = new Dictionary<State, int>();
        var open = new Queue<State>();
        var start = Number(new State(Phase.Start, false, 0, 0, 0, 0));
        while (open.TryDequeue(out var at))
        {
            if (IsEnd(at))
            {
                nfa.Accept(numbers[at], 0);
            }

            foreach (var symbol in "-.0123456789")
            {
                if (Next(at, symbol) is { } to)
                {
                    nfa.Add(numbers[at], (byte)symbol, (byte)symbol, Number(to));
                }
            }
        }

        return nfa.Determinise(start);

        int Number(State state)
        {
            if (!numbers.TryGetValue(state, out var number))
            {
                work.AddStates(1);
                number = numbers[state] = nfa.AddState();
                open.Enqueue(state);
            }

            return number;
        }
    }

    private State? Next(State at, char symbol)
    {
        switch (symbol)
        {
            case '-':
                return at.Phase == Phase.Start && _canBeNegative ? at with { Phase = Phase.Sign, Negative = true } : null;
            case '.':
                return at.Phase is Phase.Zero or Phase.Whole && _mostFraction > 0
                    ? Settled(at) with { Phase = Phase.Point, Digits = 0 }
                    : null;
        }

        var digit = symbol - '0';
        switch (at.Phase)
        {
            case Phase.Start when !_canBePositive:
            case Phase.Zero:
            case Phase.Point or Phase.Fraction when at.Digits >= _mostFraction:
                return null;
            case Phase.Start or Phase.Sign or Phase.Whole:
                return WholeDigit(at, digit) with { Phase = digit == 0 && at.Phase != Phase.Whole ? Phase.Zero : Phase.Whole };
            default:
                return FractionDigit(at, digit) with { Phase = Phase.Fraction };
        }
    }

    private State WholeDigit(State at, int digit)
    {
        var comparisons = Comparisons(at);
        return at with
        {
            First = comparisons.Length > 0 ? comparisons[0].WholeDigit(at.First, at.Digits, digit) : (sbyte)0,
            Second = comparisons.Length > 1 ? comparisons[1].WholeDigit(at.Second, at.Digits, digit) : (sbyte)0,
            Digits = Math.Min(at.Digits + 1, _longestWhole + 1),
            Remainder = ((at.Remainder * 10) + digit) % _step,
        };
    }

    private State FractionDigit(State at, int digit)
    {
        var comparisons = Comparisons(at);
        var most = _mostFraction == int.MaxValue ? _longestFraction : _mostFraction;
        return at with
        {
            First = comparisons.Length > 0 ? comparisons[0].FractionDigit(at.First, at.Digits, digit) : (sbyte)0,
            Second = comparisons.Length > 1 ? comparisons[1].FractionDigit(at.Second, at.Digits, digit) : (sbyte)0,
            Digits = Math.Min(at.Digits + 1, most),
            Remainder = ((at.Remainder * 10) + digit) % _step,
        };
    }

    // At the end of the whole part the number of digits decides before the digits do.
    private State Settled(State at)
    {
        var comparisons = Comparisons(at);
        return at with
        {
            First = comparisons.Length > 0 ? comparisons[0].Settle(at.First, at.Digits) : (sbyte)0,
            Second = comparisons.Length > 1 ? comparisons[1].Settle(at.Second, at.Digits) : (sbyte)0,
        };
    }

    private bool IsEnd(State state)
    {
        if (state.Phase is Phase.Start or Phase.Sign or Phase.Point)
        {
            return false;
        }

        var inFraction = state.Phase == Phase.Fraction;
        var end = inFraction ? state : Settled(state) with { Digits = 0 };
        var remainder = end.Remainder;
        if (_mostFraction != int.MaxValue)
        {
            for (var missing = _mostFraction - end.Digits; missing > 0 && remainder != 0; missing--)
            {
                remainder = remainder * 10 % _step;
            }

            if (remainder != 0)
            {
                return false;
            }
        }

        var comparisons = Comparisons(state);
        return (comparisons.Length < 1 || comparisons[0].Holds(end.First, end.Digits))
            && (comparisons.Length < 2 || comparisons[1].Holds(end.Second, end.Digits));
    }

    private Comparison[] Comparisons(State state) => state.Negative ? _negative : _positive;

    /// <param name="Digits">Of the whole part, then of the fraction; no more than matter.</param>
    /// <param name="First">How what was read compares with the first end: -1, 0, 1.</param>
    private readonly record struct State(Phase Phase, bool Negative, int Digits, sbyte First, sbyte Second, int Remainder);

    /// <summary>One end of the range, without its sign.</summary>
    private sealed record Comparison
    {
        private readonly bool _above;
        private readonly bool _exclusive;

        public Comparison(JsonNumber end, bool Above, bool Exclusive)
        {
            (Whole, Fraction) = end.Decimal();
            _above = Above;
            _exclusive = Exclusive;
        }

        public string Whole { get; }

        public string Fraction { get; }

        public sbyte WholeDigit(sbyte so, int place, int digit) =>
            so != 0 || place >= Whole.Length ? so : (sbyte)Math.Sign(digit - (Whole[place] - '0'));

        public sbyte FractionDigit(sbyte so, int place, int digit) =>
            so != 0 ? so : (sbyte)Math.Sign(digit - (place < Fraction.Length ? Fraction[place] - '0' : 0));

        public sbyte Settle(sbyte so, int digits) => digits == Whole.Length ? so : (sbyte)Math.Sign(digits - Whole.Length);

        public bool Holds(sbyte so, int fractionDigits)
        {
            var compared = so == 0 && fractionDigits < Fraction.Length ? -1 : so;
            return compared == 0 ? !_exclusive : _above == (compared > 0);
        }
    }
}
