using System.Buffers;
using System.Text;
using System.Text.Json;
using MistralStudio.Core.Schemas;
using MistralStudio.Inference.Structured.Automata;

namespace MistralStudio.Inference.Structured.Grammars;

/// <summary>
/// The one spelling in which values are written: compact, with an optional single space after a colon and a comma; strings with the fewest
/// escapes; numbers in plain decimal notation.
/// </summary>
internal static class JsonText
{
    /// <summary>A string with its quotes.</summary>
    public static byte[] Quote(string text)
    {
        var bytes = new ArrayBufferWriter<byte>(text.Length + 2);
        Span<byte> utf8 = stackalloc byte[4];
        bytes.Write("\""u8);
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    bytes.Write([(byte)'\\', (byte)rune.Value]);
                    break;
                case < 0x20:
                    bytes.Write(Utf8Paths.Escape(rune.Value));
                    break;
                default:
                    bytes.Write(utf8[..rune.EncodeToUtf8(utf8)]);
                    break;
            }
        }

        bytes.Write("\""u8);
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Adds the spellings of one value to an automaton; returns the state behind them.</summary>
    public static int Add(ByteNfa nfa, int from, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return nfa.AddText(from, Quote(value.GetString()!));
            case JsonValueKind.Number:
                var number = JsonNumber.Of(value);
                return Math.Abs((long)number.Exponent) <= DecimalAutomaton.MostDigits
                    ? nfa.AddText(from, Encoding.ASCII.GetBytes(number.ToString()))
                    : throw new SchemaException(SchemaErrors.TooLarge($"a number of more than {DecimalAutomaton.MostDigits} digits"));
            case JsonValueKind.Array:
                from = nfa.AddText(from, "["u8);
                var first = true;
                foreach (var item in value.EnumerateArray())
                {
                    from = Add(nfa, first ? from : Space(nfa, nfa.AddText(from, ","u8)), item);
                    first = false;
                }

                return nfa.AddText(from, "]"u8);
            case JsonValueKind.Object:
                from = nfa.AddText(from, "{"u8);
                first = true;
                foreach (var (name, member) in JsonValues.Members(value))
                {
                    from = nfa.AddText(first ? from : Space(nfa, nfa.AddText(from, ","u8)), Quote(name));
                    from = Add(nfa, Space(nfa, nfa.AddText(from, ":"u8)), member);
                    first = false;
                }

                return nfa.AddText(from, "}"u8);
            default:
                return nfa.AddText(from, Encoding.ASCII.GetBytes(value.GetRawText()));
        }
    }

    private static int Space(ByteNfa nfa, int from)
    {
        var after = nfa.AddText(from, " "u8);
        nfa.AddEmpty(from, after);
        return after;
    }
}
