using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The body of <c>POST /v1/rerank</c>, as Cohere, Jina and vLLM have it.</summary>
internal sealed record RerankRequest
{
    public string? Model { get; init; }

    public string? Query { get; init; }

    /// <summary>Strings, or objects with <c>text</c>.</summary>
    public IReadOnlyList<JsonElement>? Documents { get; init; }

    /// <summary>How many results are wanted; all where absent.</summary>
    public int? TopN { get; init; }

    /// <summary>True to get the texts back with the scores.</summary>
    public bool? ReturnDocuments { get; init; }
}

/// <summary>The documents that answer the query, the best first.</summary>
internal sealed record RerankResponse(string Id, string Model, IReadOnlyList<RerankResponse.Result> Results, RerankResponse.WireTokens Usage)
{
    /// <param name="Index">The document's place in the request.</param>
    internal sealed record Result(int Index, float RelevanceScore, WireDocument? Document);

    /// <summary>A document as it was sent.</summary>
    internal sealed record WireDocument(string Text);

    /// <summary>Tokens read.</summary>
    internal sealed record WireTokens(int PromptTokens, int TotalTokens);
}

/// <summary><c>POST /v1/rerank</c>.</summary>
internal static class RerankEndpoint
{
    private const int MostDocuments = 1024;

    public static async Task AnswerAsync(HttpContext http, [FromServices] IModelHost host, [FromServices] IDefaultModels defaults)
    {
        var (body, unreadable) = await RequestBody.ReadAsync<RerankRequest>(http);
        if (body is null)
        {
            await unreadable!.WriteAsync(http);
            return;
        }

        if (await FindRerankerAsync(body.Model, http, host, defaults) is var (reranker, id, missing) && reranker is null)
        {
            await missing!.WriteAsync(http);
            return;
        }

        if (ReadDocuments(body, out var documents) is { } wrong)
        {
            await wrong.WriteAsync(http);
            return;
        }

        try
        {
            var found = await reranker.RerankAsync(body.Query!, documents, http.RequestAborted);
            var results = found.Scores
                .Select((score, i) => new RerankResponse.Result(i, score, body.ReturnDocuments is true ? new(documents[i]) : null))
                .OrderByDescending(result => result.RelevanceScore).ThenBy(result => result.Index)
                .Take(body.TopN ?? int.MaxValue);
            var response = new RerankResponse("rerank-" + Guid.CreateVersion7().ToString("N"), id, [.. results], new(found.Tokens, found.Tokens));
            await http.Response.WriteAsJsonAsync(response, ModelApiJson.Options, http.RequestAborted);
        }
        catch (ModelException failure)
        {
            await ApiError.From(failure.Error, failure.RetryAfter).WriteAsync(http);
        }
    }

    private static async ValueTask<(IReranker? Reranker, string Id, ApiError? Error)> FindRerankerAsync(
        string? named, HttpContext http, IModelHost host, IDefaultModels defaults)
    {
        var installed = host.List().Where(model => model.Task == ModelTask.Reranking).ToList();
        if (installed.Count == 0)
        {
            return (null, "", ApiError.From(ModelErrors.NoReranker()));
        }

        var id = named is null or "default"
            ? (await defaults.FindAsync(host, http.GetCaller().Workspace, ModelTask.Reranking, http.RequestAborted))!.Id
            : named;
        if (!installed.Exists(model => model.Id == id))
        {
            return (null, "", ApiError.From(ModelErrors.NotFound(id, installed.Select(model => model.Id))));
        }

        return host.Reranker(id).Match<(IReranker?, string, ApiError?)>(found => (found, id, null), error => (null, "", ApiError.From(error)));
    }

    private static ApiError? ReadDocuments(RerankRequest body, out List<string> documents)
    {
        documents = [];
        if (string.IsNullOrWhiteSpace(body.Query))
        {
            return ApiError.Invalid("query", "query is a text.");
        }

        if (body.Documents is not { Count: > 0 and <= MostDocuments })
        {
            return ApiError.Invalid("documents", $"documents is an array of 1 to {MostDocuments} texts.");
        }

        foreach (var document in body.Documents)
        {
            var text = document.ValueKind switch
            {
                JsonValueKind.String => document.GetString(),
                JsonValueKind.Object when document.TryGetProperty("text", out var inner) && inner.ValueKind == JsonValueKind.String => inner.GetString(),
                _ => null,
            };
            if (string.IsNullOrEmpty(text))
            {
                return ApiError.Invalid($"documents[{documents.Count}]", "A document is a text that is not empty, or an object with one as text.");
            }

            documents.Add(text);
        }

        return SamplingFields.OutOf("top_n", body.TopN, 1, int.MaxValue);
    }
}
