using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core.Connections;

namespace MistralStudio.Agents.Connections;

/// <summary>
/// The last thing of ours that a request passes: puts the key on it, which nothing before this handler knows, and gives its body the dialect of
/// the server.
/// </summary>
internal sealed class ConnectionDoor(OpenedConnection connection, HttpMessageHandler egress) : DelegatingHandler(egress)
{
    private readonly ConnectionSettings _settings = connection.Connection.Settings;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Sign(request);
        await TranslateAsync(request, cancellationToken);
        return await base.SendAsync(request, cancellationToken);
    }

    private void Sign(HttpRequestMessage request)
    {
        // The client library signs with a word that is no key.
        request.Headers.Authorization = null;
        request.Headers.Remove("api-key");
        if (connection.Key is { } key && _settings.Kind == ConnectionKind.AzureOpenAi)
        {
            request.Headers.Add("api-key", key);
        }
        else if (connection.Key is { } bearer)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        }

        // A request that is tried again passes here again.
        if (_settings.Kind == ConnectionKind.AzureOpenAi && request.RequestUri is { Query.Length: 0 } address)
        {
            request.RequestUri = new UriBuilder(address) { Query = $"api-version={_settings.ApiVersion}" }.Uri;
        }
    }

    private async Task TranslateAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is null or TranslatedBody || RequestDialect.IsOwn(_settings.Kind))
        {
            return;
        }

        var text = await request.Content.ReadAsByteArrayAsync(cancellationToken);
        if (JsonNode.Parse(text) is JsonObject body)
        {
            RequestDialect.Translate(body, _settings.Kind);
            text = JsonSerializer.SerializeToUtf8Bytes(body);
        }

        request.Content = new TranslatedBody(text);
    }

    private sealed class TranslatedBody : ByteArrayContent
    {
        public TranslatedBody(byte[] json)
            : base(json) => Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }
}
