using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Gallery;
using MistralStudio.Flows.Imports;
using MistralStudio.Flows.Words;
using MistralStudio.Web.Features.KnowledgeApi;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>Where flows come from beside an editor: templates, exports of other tools, words.</summary>
internal static class BeginningEndpoints
{
    /// <summary>Maps them below the group of flows.</summary>
    public static void MapBeginnings(this RouteGroupBuilder flows)
    {
        flows.MapGet("/templates", ListTemplates).RequirePermission(Permissions.FlowsRead)
            .WithSummary("Flows to begin with.").Produces<IReadOnlyList<WireTemplate>>().ProducesProblems();
        flows.MapPost("/import", ImportAsync).RequirePermission(Permissions.FlowsWrite).WithIdempotency()
            .WithSummary("Makes a draft of an export of Dify (YAML), Flowise or Langflow (JSON), with a report of what became of its parts. Nothing of it runs.")
            .Accepts<string>("text/plain", "application/json", "application/yaml").Produces<WireImportedFlow>(201).ProducesProblems(409, 422);
        flows.MapPost("/words", MakeAsync).RequirePermission(Permissions.FlowsWrite)
            .WithSummary("Makes a flow of a description in any language. Nothing is kept: the draft is to be looked at.").Produces<WireProposal>().ProducesProblems(404, 422, 429, 503);
        flows.MapPost("/{id:guid}/words", ChangeAsync).RequirePermission(Permissions.FlowsWrite)
            .WithSummary("Changes the draft by an instruction in any language. Nothing is kept: the changes are to be looked at.")
            .Produces<WireProposal>().ProducesProblems(404, 422, 429, 503);
        flows.MapPost("/{id:guid}/explanation", ExplainAsync).RequirePermission(Permissions.FlowsRead)
            .WithSummary("Says in the reader's language what a version, or the draft, does.").Produces<WireExplanation>().ProducesProblems(404, 422, 429, 503);
    }

    private static IResult ListTemplates() => TypedResults.Ok((IReadOnlyList<WireTemplate>)[.. FlowTemplates.All.Select(WireTemplate.From)]);

    private static async Task<IResult> ImportAsync(HttpContext http, [FromServices] IFlowStore store, [FromServices] FlowPlans plans)
    {
        using var reader = new StreamReader(http.Request.Body);
        var imported = FlowImport.Read(await reader.ReadToEndAsync(http.RequestAborted));
        if (!imported.IsSuccess)
        {
            return ErrorResults.From(imported.Error);
        }

        var caller = http.GetCaller();
        var created = await store.CreateAsync(caller.Workspace, imported.Value.Name, FlowDefinitions.Write(imported.Value.Draft), caller.User!.Value, http.RequestAborted);
        if (!created.IsSuccess)
        {
            return ErrorResults.From(created.Error);
        }

        var compiled = await plans.CompileAsync(caller.Workspace, imported.Value.Draft, http.RequestAborted);
        return TypedResults.Created(
            $"/api/flows/{created.Value.Id}",
            new WireImportedFlow(
                created.Value.Id, created.Value.Slug, WireJson.Camel(imported.Value.Source), [.. imported.Value.Report.Select(WireRemark.From)], compiled.Problems));
    }

    private static async Task<IResult> MakeAsync(WireWords body, HttpContext http, [FromServices] FlowWords words)
    {
        var request = body.ToRequest(http);
        if (!request.IsSuccess)
        {
            return ErrorResults.From(request.Error);
        }

        var made = await words.MakeAsync(request.Value, http.RequestAborted);
        return made.Match<IResult>(proposal => TypedResults.Ok(WireProposal.From(proposal)), ErrorResults.From);
    }

    private static async Task<IResult> ChangeAsync(FlowId id, WireWords body, HttpContext http, [FromServices] FlowWords words, [FromServices] IFlowStore store, [FromServices] IFlowVersions versions)
    {
        var request = body.ToRequest(http);
        var current = await FlowEndpoints.FindDefinitionAsync(id, "draft", http, (store, versions));
        if (!request.IsSuccess || !current.IsSuccess)
        {
            return ErrorResults.From(current.Error ?? request.Error!);
        }

        var changed = await words.ChangeAsync(request.Value, current.Value, http.RequestAborted);
        return changed.Match<IResult>(proposal => TypedResults.Ok(WireProposal.From(proposal)), ErrorResults.From);
    }

    private static async Task<IResult> ExplainAsync(
        FlowId id, WireWords body, HttpContext http, [FromServices] FlowWords words, [FromServices] IFlowStore store, [FromServices] IFlowVersions versions)
    {
        var version = RunEndpoints.ReadVersion(body.Version);
        var request = body.ToRequest(http);
        if (!version.IsSuccess || !request.IsSuccess)
        {
            return ErrorResults.From(version.Error ?? request.Error!);
        }

        var definition = await FlowEndpoints.FindDefinitionAsync(id, version.Value.Number is { } number ? $"{number}" : "draft", http, (store, versions));
        if (!definition.IsSuccess)
        {
            return ErrorResults.From(definition.Error);
        }

        var explained = await words.ExplainAsync(request.Value, definition.Value, http.RequestAborted);
        return explained.Match<IResult>(done => TypedResults.Ok(new WireExplanation(done.Text, WireUsage.From(done.Usage))), ErrorResults.From);
    }
}

/// <summary>What somebody wants of a flow, in words.</summary>
/// <param name="Text">The description, the instruction, or what is to be explained.</param>
/// <param name="Model">Which model writes; the workspace's default where it is not said.</param>
/// <param name="Language">The reader's, as a culture's name; absent: as the request's Accept-Language has it.</param>
/// <param name="Version">For an explanation: a number, or the draft where it is not said.</param>
internal sealed record WireWords(string? Text, string? Model, string? Language, JsonElement? Version)
{
    public Result<WordsRequest> ToRequest(HttpContext http)
    {
        var named = string.IsNullOrEmpty(Model) ? "default" : Model;
        var language = Language ?? http.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(one => one.Quality ?? 1).FirstOrDefault()?.Value.Value ?? "en";
        return ModelReference.TryParse(named, out var model)
            ? new WordsRequest(http.GetCaller().Workspace, http.GetCaller(), model, Text ?? "", language)
            : KnowledgeApiErrors.BadModel(named);
    }
}

/// <summary>A flow that a model wrote, to be looked at.</summary>
internal sealed record WireProposal(JsonElement Draft, IReadOnlyList<FlowProblem> Problems, IReadOnlyList<WireChange> Changes, string Summary, int Attempts, WireUsage Usage)
{
    public static WireProposal From(FlowProposal proposal) => new(
        WireJson.Parse(FlowDefinitions.Write(proposal.Draft)), proposal.Problems, [.. proposal.Changes.Select(WireChange.From)], proposal.Summary, proposal.Attempts,
        WireUsage.From(proposal.Usage));
}

/// <summary>A flow in words.</summary>
internal sealed record WireExplanation(string Text, WireUsage Usage);

/// <summary>A flow to begin with.</summary>
internal sealed record WireTemplate(string Id, string Title, IReadOnlyList<string> Explanation, IReadOnlyList<string> Needs, IReadOnlyDictionary<string, JsonElement> Sample, JsonElement Definition)
{
    public static WireTemplate From(FlowTemplate template) => new(
        template.Id, template.Title, template.Explanation, [.. template.Needs.Select(WireJson.Camel)], template.Sample, WireJson.Parse(FlowDefinitions.Write(template.Flow)));
}

/// <summary>A flow of another tool, as a draft.</summary>
internal sealed record WireImportedFlow(FlowId Id, string Slug, string Source, IReadOnlyList<WireRemark> Report, IReadOnlyList<FlowProblem> Problems);

/// <summary>What became of a part of an export: carried, changed, or left.</summary>
internal sealed record WireRemark(string Part, string Kind, string Outcome, string? Node, string Remark)
{
    public static WireRemark From(ImportRemark remark) => new(remark.Part, remark.Kind, WireJson.Camel(remark.Outcome), remark.Node, remark.Remark);
}
