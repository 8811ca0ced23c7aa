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
        if (await store.FindBaseAsync(workspace, id, http.RequestAborted) is not { } found)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        if (string.IsNullOrWhiteSpace(body.Query))
        {
            return ErrorResults.From(KnowledgeErrors.QueryEmpty());
        }

        var settings = ReadSettings(body, found.Settings.Search);
        if (!settings.IsSuccess)
        {
            return ErrorResults.From(settings.Error);
        }

        var filter = ReadFilter(body.Filter);
        if (!filter.IsSuccess)
        {
            return ErrorResults.From(filter.Error);
        }

        // Each base is looked up in the caller's workspace by the search itself; one that is not there is not searched.
        var query = new KnowledgeQuery(workspace, [id, .. (body.Also ?? []).Take(MostBases)], body.Query)
        {
            Settings = settings.Value,
            Filter = filter.Value,
            Parents = body.Parents ?? false,
            Explain = [.. (body.Explain ?? []).Take(MostExplained)],
            Conversation = [.. (body.Conversation ?? []).Where(turn => turn.Text is not null).Select(turn => new QueryTurn(turn.Role != "assistant", turn.Text!))],
        };
        var result = await search.SearchAsync(query, http.RequestAborted);
        return result.Match<IResult>(hits => TypedResults.Ok(WireHits.From(hits)), ErrorResults.From);
    }

    private static Result<SearchSettings> ReadSettings(WireSearch body, SearchSettings own)
    {
        var hits = PageSize.Read(body.K, usual: own.Limit, SearchSettings.MostHits, "k");
        if (!hits.IsSuccess)
        {
            return hits.Error;
        }

        SearchMode? mode = body.Mode switch { null => own.Mode, "hybrid" => SearchMode.Hybrid, "dense" => SearchMode.Dense, "lexical" => SearchMode.Lexical, _ => null };
        if (mode is null)
        {
            return KnowledgeApiErrors.UnknownMode(body.Mode!);
        }

        FusionMethod? fusion = body.Fusion switch { "minMax" => FusionMethod.MinMax, "reciprocalRank" => FusionMethod.ReciprocalRank, _ => own.Fusion };
        if (body.Fusion is not (null or "minMax" or "reciprocalRank"))
        {
            return KnowledgeApiErrors.UnknownChoice("fusion", body.Fusion, "minMax or reciprocalRank");
        }

        RerankMethod? rerank = body.Rerank switch { null => own.Rerank, "none" => RerankMethod.None, "crossEncoder" => RerankMethod.CrossEncoder, "model" => RerankMethod.Model, _ => null };
        if (rerank is null)
        {
            return KnowledgeApiErrors.UnknownChoice("rerank", body.Rerank!, "none, crossEncoder or model");
        }

        return own with
        {
            Limit = hits.Value,
            Mode = mode.Value,
            Fusion = fusion,
            Rerank = rerank.Value,
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
        };
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
