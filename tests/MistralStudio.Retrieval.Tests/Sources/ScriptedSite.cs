using System.Net;
using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;

namespace MistralStudio.Retrieval.Tests.Sources;

/// <summary>A web site in memory, behind the guarded way out; writes down what was asked for.</summary>
internal sealed class ScriptedSite : IEgress
{
    public Dictionary<string, (HttpStatusCode Status, string Type, string Body)> Pages { get; } = [];

    public List<string> Asked { get; } = [];

    public void Page(string path, string title, params string[] links) => Pages[path] = (
        HttpStatusCode.OK, "text/html",
        $"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1><p>Words of {title}.</p>{string.Concat(links.Select(link => $"<a class=x href=\"{link}\">go</a>"))}</body></html>");

    public Task<Result<HttpResponseMessage>> SendAsync(
        WorkspaceId? workspace, HttpRequestMessage request, EgressLimits limits, CancellationToken cancellationToken)
    {
        Asked.Add(request.RequestUri!.ToString());
        if (request.RequestUri.Host != "docs.example.com")
        {
            return Task.FromResult<Result<HttpResponseMessage>>(new Error("egress.refused", "This address was refused.", "Ask an Owner to allow it."));
        }

        var (status, type, body) = Pages.GetValueOrDefault(request.RequestUri.PathAndQuery, (HttpStatusCode.NotFound, "text/plain", "not found"));
        return Task.FromResult<Result<HttpResponseMessage>>(new HttpResponseMessage(status)
        {
            Content = new StringContent(body, Encoding.UTF8, type),
            RequestMessage = new HttpRequestMessage(HttpMethod.Get, request.RequestUri),
        });
    }

    public HttpMessageHandler CreateHandler(WorkspaceId? workspace, EgressLimits limits) => throw new NotSupportedException("Sources send requests.");
}
