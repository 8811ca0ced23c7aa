using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary><c>POST /api/knowledge-bases/{id}/search</c>.</summary>
internal static class SearchEndpoint
{
    private const int MostExplained = 20;
    private const int MostConditions = 20;
    private const int MostBases = 50;

    /// <summary>Searches as the base is set up, with what the body says otherwise.</summary>
    public static async Task<IResult> SearchAsync(
        KnowledgeBaseId id, WireSearch body, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IKnowledgeSearch search)
    {
        var workspace = http.GetCaller().Workspace;
        // The search looks its bases up itself, and goes on without one that is not there; the one that the address names has to be.
        if (body.Also is { Count: > 0 } && await store.FindBaseAsync(workspace, id, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        if (string.IsNullOrWhiteSpace(body.Query))
        {
            return ErrorResults.From(KnowledgeErrors.QueryEmpty());
        }

        var changes = ReadChanges(body);
        if (!changes.IsSuccess)
        {
            return ErrorResults.From(changes.Error);
        }

        var filter = ReadFilter(body.Filter);
        if (!filter.IsSuccess)
        {
            return ErrorResults.From(filter.Error);
        }

        var query = new KnowledgeQuery(workspace, [id, .. (body.Also ?? []).Take(MostBases)], body.Query)
        {
            Changes = changes.Value,
            Filter = filter.Value,
            Parents = body.Parents ?? false,
            Explain = [.. (body.Explain ?? []).Take(MostExplained)],
            Conversation = [.. (body.Conversation ?? []).Where(turn => turn.Text is not null).Select(turn => new QueryTurn(turn.Role != "assistant", turn.Text!))],
        };
        var result = await search.SearchAsync(query, http.RequestAborted);
        return result.Match<IResult>(hits => TypedResults.Ok(WireHits.From(hits)), ErrorResults.From);
    }

    private static Result<Func<SearchSettings, SearchSettings>> ReadChanges(WireSearch body)
    {
        var hits = PageSize.Read(body.K, SearchSettings.Default.Limit, SearchSettings.MostHits, "k");
        if (!hits.IsSuccess)
        {
            return hits.Error;
        }

        SearchMode? mode = body.Mode switch { "hybrid" => SearchMode.Hybrid, "dense" => SearchMode.Dense, "lexical" => SearchMode.Lexical, _ => null };
        if (mode is null && body.Mode is not null)
        {
            return KnowledgeApiErrors.UnknownMode(body.Mode);
        }

        FusionMethod? fusion = body.Fusion switch { "minMax" => FusionMethod.MinMax, "reciprocalRank" => FusionMethod.ReciprocalRank, _ => null };
        if (fusion is null && body.Fusion is not null)
        {
            return KnowledgeApiErrors.UnknownChoice("fusion", body.Fusion, "minMax or reciprocalRank");
        }

        RerankMethod? rerank = body.Rerank switch { "none" => RerankMethod.None, "crossEncoder" => RerankMethod.CrossEncoder, "model" => RerankMethod.Model, _ => null };
        if (rerank is null && body.Rerank is not null)
        {
            return KnowledgeApiErrors.UnknownChoice("rerank", body.Rerank, "none, crossEncoder or model");
        }

        return (Func<SearchSettings, SearchSettings>)(own => own with
        {
            Limit = body.K ?? own.Limit,
            Mode = mode ?? own.Mode,
            Fusion = fusion ?? own.Fusion,
            Rerank = rerank ?? own.Rerank,
            DenseWeight = body.DenseWeight ?? own.DenseWeight,
            Depth = body.Depth ?? own.Depth,
            MinScore = body.MinScore ?? own.MinScore,
            MinDense = body.MinDense ?? own.MinDense,
            MinLexical = body.MinLexical ?? own.MinLexical,
            Diversity = body.Diversity ?? own.Diversity,
            Neighbours = body.Neighbours ?? own.Neighbours,
            RerankDepth = body.RerankDepth ?? own.RerankDepth,
            RerankModel = body.RerankModel ?? own.RerankModel,
            RewriteQuestions = body.Rewrite ?? own.RewriteQuestions,
        });
    }

    private static Result<SearchFilter> ReadFilter(WireFilter? filter)
    {
        var conditions = new List<FieldCondition>();
        foreach (var condition in (filter?.Conditions ?? []).Take(MostConditions))
        {
            FilterOperator? comparison = condition.Op switch
            {
                null or "is" => FilterOperator.Is,
                "isNot" => FilterOperator.IsNot,
                "atLeast" => FilterOperator.AtLeast,
                "atMost" => FilterOperator.AtMost,
                "exists" => FilterOperator.Exists,
                _ => null,
            };
            var values = (condition.Values ?? []).Select(ReadValue).ToList();
            if (string.IsNullOrEmpty(condition.Field) || comparison is null || values.Contains(null) || (values.Count == 0 && comparison != FilterOperator.Exists))
            {
                return KnowledgeApiErrors.BadFilter(condition.Field ?? "");
            }

            conditions.Add(new(condition.Field, comparison.Value, [.. values.Select(value => value!)]));
        }

        return new SearchFilter(filter?.Documents ?? [], conditions);
    }

    // A text that reads as a date is one: JSON has no other way to write it.
    private static MetadataValue? ReadValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => MetadataValue.Of(value.GetBoolean()),
        JsonValueKind.Number => MetadataValue.Of(value.GetDouble()),
        JsonValueKind.String when MetadataValue.Parse(value.GetString()!) is { Type: MetadataType.Date } date => date,
        JsonValueKind.String => MetadataValue.Of(value.GetString()!),
        _ => null,
    };
}
