using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace MistralStudio.Web.Features.WorkspaceApi;

/// <summary>Named server-sent events of one response, each flushed as it is written.</summary>
internal sealed class ServerSentEvents(HttpContext http)
{
    /// <summary>Sends status and headers; after this a failure is an event.</summary>
    public void Begin()
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    /// <summary>Sends one event with a JSON body, which holds no line break by construction.</summary>
    public async Task SendAsync<T>(string name, T data, CancellationToken cancellationToken)
    {
        var body = http.Response.BodyWriter;
        await body.WriteAsync(Encoding.UTF8.GetBytes($"event: {name}\ndata: "), cancellationToken);
        await body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(data, JsonSerializerOptions.Web), cancellationToken);
        await body.WriteAsync("\n\n"u8.ToArray(), cancellationToken);
        await body.FlushAsync(cancellationToken);
    }
}
