using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MistralStudio.Core.Schemas;

/// <summary>A place in a text.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">UTF-16 units from the line's begin, from 1.</param>
/// <param name="Offset">UTF-16 units from the text's begin.</param>
public readonly record struct TextPlace(int Line, int Column, int Offset);

/// <summary>Where the values of a JSON text stand in it.</summary>
public static class JsonPlaces
{
    /// <summary>Why a text is no JSON, and where it ceases to be; null where it is.</summary>
    public static (string Reason, TextPlace Place)? FindFault(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return null;
        }
        catch (JsonException wrong)
        {
            var line = (int)(wrong.LineNumber ?? 0);
            var begin = 0;
            for (var i = 0; i < line; i++)
            {
                begin = text.IndexOf('\n', begin) is >= 0 and var end ? end + 1 : text.Length;
            }

            var rest = text.AsSpan(begin);
            rest = rest.IndexOf('\n') is >= 0 and var cut ? rest[..cut] : rest;
            var column = Characters(rest, (int)(wrong.BytePositionInLine ?? 0));
            return (Words(wrong.Message), new TextPlace(line + 1, column + 1, begin + column));
        }
    }

    /// <summary>Where the value of a pointer begins: a member at its name. Null where the text is no JSON, or has no such value.</summary>
    public static TextPlace? Find(string text, string pointer)
    {
        var steps = pointer.Length == 0 ? [] : pointer[1..].Split('/').Select(JsonPointer.Unescape).ToArray();
        var bytes = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(bytes);
        try
        {
            return reader.Read() && Seek(ref reader, steps) is { } at ? PlaceOf(text, Encoding.UTF8.GetCharCount(bytes, 0, (int)at)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            // A name with half of a surrogate pair.
            return null;
        }
    }

    /// <summary>The line and column of an offset.</summary>
    public static TextPlace PlaceOf(string text, int offset)
    {
        offset = Math.Clamp(offset, 0, text.Length);
        var before = text.AsSpan(0, offset);
        return new TextPlace(before.Count('\n') + 1, offset - (before.LastIndexOf('\n') + 1) + 1, offset);
    }

    private static long? Seek(ref Utf8JsonReader reader, ReadOnlySpan<string> steps)
    {
        var at = reader.TokenStartIndex;
        foreach (var step in steps)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                // Of members with one name the last is the one that counts.
                long? found = null;
                var there = reader;
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var (name, begin) = (reader.GetString(), reader.TokenStartIndex);
                    reader.Read();
                    if (name == step)
                    {
                        found = begin;
                        there = reader;
                    }

                    reader.Skip();
                }

                if (found is null)
                {
                    return null;
                }

                at = found.Value;
                reader = there;
            }
            else if (reader.TokenType == JsonTokenType.StartArray && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray && index > 0; index--)
                {
                    reader.Skip();
                }

                if (reader.TokenType == JsonTokenType.EndArray)
                {
                    return null;
                }

                at = reader.TokenStartIndex;
            }
            else
            {
                return null;
            }
        }

        return at;
    }

    private static int Characters(ReadOnlySpan<char> line, int bytes)
    {
        var count = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (bytes <= 0)
            {
                break;
            }

            bytes -= rune.Utf8SequenceLength;
            count += rune.Utf16SequenceLength;
        }

        return count;
    }

    // "',' is an invalid start of a value. Path: $.a | LineNumber: 0 | BytePositionInLine: 5."
    private static string Words(string message) =>
        (message.IndexOf(" Path: ", StringComparison.Ordinal) is >= 0 and var path ? message[..path]
        : message.IndexOf(" LineNumber: ", StringComparison.Ordinal) is >= 0 and var line ? message[..line] : message).Trim();
}
