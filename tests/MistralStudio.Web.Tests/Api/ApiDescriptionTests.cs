using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Tests.Api;

public sealed partial class ApiDescriptionTests : IAsyncLifetime
{
    private readonly ApiStudio _studio = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _studio.DisposeAsync();

    [Fact]
    public async Task EveryAddress_IsDescribed_WithItsAnswerAndItsRefusals()
    {
        var document = await ReadAsync();
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name.ToUpperInvariant()} {path.Name}", Operation: operation.Value)))
            .ToDictionary(found => found.Name, found => found.Operation, StringComparer.Ordinal);
        var mapped = _studio.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<RequirePermissionAttribute>() is not null)
            .Select(endpoint => (Path: Constraint().Replace($"/{endpoint.RoutePattern.RawText!.Trim('/')}", "{$1}"), Methods: endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []))
            .Where(found => (found.Path.StartsWith("/api/", StringComparison.Ordinal) || found.Path.StartsWith("/v1/", StringComparison.Ordinal)) && found.Path != "/v1/{path}")
            .SelectMany(found => found.Methods.Select(method => $"{method} {found.Path}"));
        Assert.Empty(mapped.Except(described.Keys));
        Assert.All(described, found =>
        {
            Assert.True(found.Value.TryGetProperty("summary", out _), found.Key);
            var responses = found.Value.GetProperty("responses");
            Assert.True(responses.TryGetProperty("401", out _) && responses.TryGetProperty("403", out _), found.Key);
            Assert.All(responses.EnumerateObject().Where(response => response.Name != "204"), response => Assert.All(
                response.Value.GetProperty("content").EnumerateObject(), content => Assert.True(content.Value.TryGetProperty("schema", out _), $"{found.Key} {response.Name}")));
            Assert.True(responses.EnumerateObject().Any(response => response.Name[0] == '2'), found.Key);
        });
        Assert.Equal("bearer", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("key").GetProperty("scheme").GetString());
    }

    [Fact]
    public async Task TheModelApi_IsDescribedInTheLettersThatItWrites()
    {
        var schemas = (await ReadAsync()).GetProperty("components").GetProperty("schemas");
        var request = schemas.GetProperty("ChatCompletionRequest").GetProperty("properties");
        Assert.All(["max_completion_tokens", "stream_options", "random_seed", "top_p"], name => Assert.True(request.TryGetProperty(name, out _), name));
        Assert.True(schemas.GetProperty("WireUsage").GetProperty("properties").TryGetProperty("prompt_tokens", out _));
    }

    [Fact]
    public async Task TheReference_LoadsItsScriptFromHere()
    {
        using var client = _studio.CreateClient();
        var page = await client.GetStringAsync("/docs/", Token);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        var script = Source().Matches(page).Select(found => found.Groups[1].Value).First(source => source.EndsWith(".js", StringComparison.Ordinal));
        using var loaded = await client.GetAsync(new Uri(new Uri("http://localhost/docs/"), script), Token);
        Assert.Equal(HttpStatusCode.OK, loaded.StatusCode);
    }

    private async Task<JsonElement> ReadAsync()
    {
        using var client = _studio.CreateClient();
        return await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", Token);
    }

    [GeneratedRegex(@"\{\**(\w+)(:\w+)?\}")]
    private static partial Regex Constraint();

    [GeneratedRegex("<script[^>]*src=\"([^\"]+)\"")]
    private static partial Regex Source();
}
