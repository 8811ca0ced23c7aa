using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Agents.Tests.Nodes.Agent;

/// <summary>A real HTTP API with an OpenAPI document: <c>getOrder</c> reads, <c>refund</c> changes.</summary>
internal sealed class ShopServer : IAsyncDisposable
{
    private LocalServer _server = null!;

    /// <summary>Requests as <c>POST /refunds?x body</c>.</summary>
    public ConcurrentQueue<string> Seen { get; } = [];

    public ConcurrentQueue<string> Keys { get; } = [];

    public Uri Address => _server.Url;

    public string Place => $"127.0.0.1:{_server.Port}";

    /// <summary>The document, as JSON.</summary>
    public string Document => """
        {"openapi":"3.1.0","servers":[{"url":"SERVER"}],
         "paths":{
           "/orders/{id}":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
             "get":{"operationId":"getOrder","summary":"Looks an order up.","parameters":[
               {"name":"fields","in":"query","schema":{"type":"array","items":{"type":"string"}}},
               {"name":"Authorization","in":"header","schema":{"type":"string"}},{"name":"X-Trace","in":"header","schema":{"type":"string"}}]}},
           "/refunds":{"post":{"operationId":"refund","summary":"Pays back.","requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Refund"}}}}}}},
         "components":{"schemas":{"Refund":{"type":"object","properties":{"order":{"type":"string"},"amount":{"type":"number"},"parent":{"$ref":"#/components/schemas/Refund"}},"required":["order"]}}}}
        """.Replace("SERVER", Address.ToString().TrimEnd('/'), StringComparison.Ordinal);

    /// <summary>A tool of its document for an agent's configuration.</summary>
    public string Tool(string more = "") => $$"""{"kind":"http","document":{{Document}}{{more}}}""";

    public static async Task<ShopServer> StartAsync()
    {
        var made = new ShopServer();
        made._server = await LocalServer.StartAsync(made.AnswerAsync);
        return made;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Keys.Enqueue(http.Request.Headers.Authorization.ToString());
        using var body = new StreamReader(http.Request.Body);
        Seen.Enqueue($"{http.Request.Method} {http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget} {await body.ReadToEndAsync()}".TrimEnd());
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(HttpMethods.IsGet(http.Request.Method) ? """{"state":"shipped"}""" : """{"refunded":true}""");
    }
}
