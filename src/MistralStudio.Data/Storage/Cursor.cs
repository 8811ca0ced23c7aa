using System.Buffers.Binary;
using System.Buffers.Text;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Storage;

/// <summary>Where a page of a list, newest first, ended; opaque to clients.</summary>
/// <param name="Instant">Of its last item.</param>
/// <param name="Skip">Items of that very instant that were given already.</param>
internal readonly record struct Cursor(DateTimeOffset Instant, int Skip)
{
    private const int Length = 12;

    /// <summary>Before the first item.</summary>
    public static Cursor Start { get; } = new(DateTimeOffset.MaxValue, 0);

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Instant.UtcTicks);
        BinaryPrimitives.WriteInt32BigEndian(bytes[8..], Skip);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor; none, and one that nobody was given, begin at the start.</summary>
    public static Cursor Parse(string? text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text is not { Length: 16 } || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != Length)
        {
            return Start;
        }

        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        var skip = BinaryPrimitives.ReadInt32BigEndian(bytes[8..]);
        return ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks || skip < 0 ? Start : new(new DateTimeOffset(ticks, TimeSpan.Zero), skip);
    }

    /// <summary>Cuts a list that was read from this cursor on, with one item more than a page has.</summary>
    public Listing<T> Page<T>(List<T> read, int limit, Func<T, DateTimeOffset> instant)
    {
        if (read.Count <= limit)
        {
            return new Listing<T>(read, null);
        }

        read.RemoveRange(limit, read.Count - limit);
        var last = instant(read[^1]);
        var given = read.Count(item => instant(item) == last) + (last == Instant ? Skip : 0);
        return new Listing<T>(read, new Cursor(last, given).ToString());
    }
}

/// <summary>Text as search compares it, and the limits of a page.</summary>
internal static class ListQuery
{
    private const int MostItems = 500;

    public static string Normalize(string text) => text.Trim().Normalize().ToUpperInvariant();

    public static int Limit(int asked) => Math.Clamp(asked, 1, MostItems);

    /// <summary>A LIKE pattern that finds the text anywhere; null where there is nothing to look for.</summary>
    public static string? Pattern(string? search) => string.IsNullOrWhiteSpace(search) ? null : Anywhere(Normalize(search));

    /// <summary>The same for a text that is stored as it was written: its case counts outside of ASCII.</summary>
    public static string? PatternAsWritten(string? search) => string.IsNullOrWhiteSpace(search) ? null : Anywhere(search.Trim());

    private static string Anywhere(string text) =>
        $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}
