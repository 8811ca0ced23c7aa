using System.Buffers;
using System.Text.Json.Serialization;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;

namespace MistralStudio.Core.Conversations;

/// <summary>An image of a message; its bytes are a blob of the workspace that belongs to the conversation.</summary>
/// <param name="Sha256">Of its bytes, lower-case hex.</param>
/// <param name="MediaType">By its bytes, see <see cref="ImageShape"/>.</param>
/// <param name="Name">What it was called; a label only.</param>
public sealed record MessageImage(string Sha256, string MediaType, int Width, int Height, long Bytes, string Name)
{
    /// <summary>Most characters of <see cref="Name"/>.</summary>
    public const int NameLength = 120;

    /// <summary>What owns the blobs of a conversation's images: <c>conversation/{id}</c>.</summary>
    public const string OwnerPrefix = "conversation/";

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    /// <summary>The owner of a conversation's images; of those side by side the first has the images of all.</summary>
    public static string OwnerOf(ConversationId lead) => $"{OwnerPrefix}{lead}";

    /// <summary>True where it says what an image may be; whether there are such bytes is another question.</summary>
    [JsonIgnore]
    public bool IsSound => IsHash(Sha256) && ImageShape.IsType(MediaType) && Width > 0 && Height > 0 && Bytes is > 0 and <= ImageRules.MostBytes && Name.Length <= NameLength;

    /// <summary>What an image may be called: without control characters, and not too long.</summary>
    public static string Label(string name)
    {
        var shown = new string([.. name.Where(c => !char.IsControl(c))]).Trim();
        return shown.Length <= NameLength ? shown : shown[..NameLength];
    }

    /// <summary>True for what can be the hash of an image.</summary>
    public static bool IsHash(string? text) => text is { Length: 64 } && !text.AsSpan().ContainsAnyExcept(s_hex);
}
