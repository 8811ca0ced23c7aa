using System.Buffers.Binary;

namespace MistralStudio.Tests.Shared.Fakes;

/// <summary>Small images.</summary>
public static class Pictures
{
    /// <summary>One transparent pixel.</summary>
    public static byte[] Png { get; } =
        Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    /// <summary>The same as a data URI.</summary>
    public static string PngUri { get; } = $"data:image/png;base64,{Convert.ToBase64String(Png)}";

    /// <summary>The head of a PNG of a size, which is all that is looked at.</summary>
    public static byte[] PngOf(int width, int height)
    {
        var bytes = (byte[])Png.Clone();
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), height);
        return bytes;
    }
}
