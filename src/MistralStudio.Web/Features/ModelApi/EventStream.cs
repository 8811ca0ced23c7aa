using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>
/// Server-sent events of one response. They are written into the response's own buffer and go out with <see cref="FlushAsync"/>, so that
/// what is ready together leaves together.
/// </summary>
internal sealed class EventStream(HttpContext http) : IDisposable
{
    private readonly PipeWriter _body = http.Response.BodyWriter;
    private Utf8JsonWriter? _json;
    private bool _hasUnsent;

    /// <summary>Sends the headers with the first event.</summary>
    public void Begin()
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    /// <summary>Adds an event whose data is JSON.</summary>
    /// <param name="body">The data.</param>
    /// <param name="name">The event's name, in dialects that have one.</param>
    public void Add<T>(T body, string? name = null)
    {
        if (name is not null)
        {
            Write("event: "u8);
            Write(System.Text.Encoding.UTF8.GetBytes(name));
            Write("\n"u8);
        }

        Write("data: "u8);
        _json ??= new Utf8JsonWriter(_body, new JsonWriterOptions { Encoder = ModelApiJson.Options.Encoder, SkipValidation = true });
        _json.Reset(_body);
        JsonSerializer.Serialize(_json, body, ModelApiJson.Options);
        _json.Flush();
        Write("\n\n"u8);
    }

    /// <summary>Adds the end mark of the chat and completion dialects.</summary>
    public void AddDone() => Write("data: [DONE]\n\n"u8);

    /// <summary>Sends what was added.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_hasUnsent)
        {
            _hasUnsent = false;
            await _body.FlushAsync(cancellationToken);
        }
    }

    public void Dispose() => _json?.Dispose();

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_body.GetSpan(bytes.Length));
        _body.Advance(bytes.Length);
        _hasUnsent = true;
    }
}
