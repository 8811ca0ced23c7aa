using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Components.Forms;

namespace MistralStudio.Web.Features.Flows;

/// <summary>A file that comes with a template, so that it can be tried before anybody has one of their own at hand.</summary>
public sealed class SampleFile : IBrowserFile
{
    private readonly byte[] _content;

    private SampleFile(string name, string mediaType, string text) => (Name, ContentType, _content) = (name, mediaType, Encoding.UTF8.GetBytes(text));

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string ContentType { get; }

    /// <inheritdoc/>
    public long Size => _content.Length;

    /// <inheritdoc/>
    public DateTimeOffset LastModified => DateTimeOffset.UnixEpoch;

    /// <summary>What a sample says of a file: its name, its type and its text; null where it is no file.</summary>
    public static SampleFile? Of(JsonElement sample) =>
        sample.ValueKind == JsonValueKind.Object
        && sample.TryGetProperty("name", out var name) && sample.TryGetProperty("mediaType", out var type) && sample.TryGetProperty("text", out var text)
            ? new SampleFile(name.GetString()!, type.GetString()!, text.GetString()!)
            : null;

    /// <inheritdoc/>
    public Stream OpenReadStream(long maxAllowedSize = 512_000, CancellationToken cancellationToken = default) => new MemoryStream(_content, writable: false);
}
