using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Protocol;
using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.McpApi;

/// <summary>What a workspace offers as tools, as far as the key that asks may use it.</summary>
internal sealed class WorkspaceTools(
    IHttpContextAccessor accessor, IFlowCalls flows, IAppStore apps, IModelRouter models, IKnowledgeStore knowledge, IKnowledgeSearch search)
{
    private const string FlowPrefix = "flow_";
    private const string AppPrefix = "ask_";
    private const string SearchTool = "search_knowledge";
    private const int MostApps = 100;
    private const int MostPassages = 20;
    private const int UsualPassages = 8;

    private static readonly JsonElement s_question = JsonElement.Parse(
        """{"type":"object","properties":{"question":{"type":"string"}},"required":["question"],"additionalProperties":false}""");

    private static readonly JsonElement s_search = JsonElement.Parse(
        """{"type":"object","properties":{"query":{"type":"string"},"base":{"type":"string","description":"Name or id of a knowledge base; all where it is not said."},"k":{"type":"integer","minimum":1,"maximum":20}},"required":["query"],"additionalProperties":false}""");

    private HttpContext Http => accessor.HttpContext!;

    /// <summary>The tools of the workspace of the key that asks.</summary>
    public async ValueTask<ListToolsResult> ListAsync(CancellationToken cancellationToken)
    {
        var caller = Http.GetCaller();
        var tools = new List<Tool>();
        if (caller.May(Permissions.FlowsRun))
        {
            tools.AddRange((await flows.ListAsync(caller.Workspace, cancellationToken))
                .Select(flow => new Tool { Name = FlowPrefix + flow.Reference, Title = flow.Name, Description = $"Runs the flow \"{flow.Name}\".", InputSchema = flow.InputSchema }));
        }

        if (caller.May(Permissions.AppsUse) && caller.May(Permissions.ModelsUse))
        {
            tools.AddRange((await apps.ListAsync(caller.Workspace, null, null, MostApps, cancellationToken)).Items.Where(app => app.PublishedVersion is not null)
                .Select(app => new Tool { Name = AppPrefix + app.Slug, Title = app.Name, Description = $"Asks the app \"{app.Name}\" a question.", InputSchema = s_question }));
        }

        if (caller.May(Permissions.KnowledgeSearch))
        {
            tools.Add(new Tool { Name = SearchTool, Title = "Search knowledge", Description = "Finds passages in the workspace's knowledge bases.", InputSchema = s_search });
        }

        return new ListToolsResult { Tools = tools };
    }

    /// <summary>Calls a tool; what goes wrong is an answer that says so, in the studio's words.</summary>
    public async ValueTask<CallToolResult> CallAsync(CallToolRequestParams call, CancellationToken cancellationToken)
    {
        var caller = Http.GetCaller();
        var arguments = call.Arguments?.ToDictionary(argument => argument.Key, argument => argument.Value.Clone(), StringComparer.Ordinal) ?? [];
        return call.Name switch
        {
            _ when call.Name.StartsWith(FlowPrefix, StringComparison.Ordinal) && caller.May(Permissions.FlowsRun) =>
                await RunAsync(caller, call.Name[FlowPrefix.Length..], arguments, cancellationToken),
            _ when call.Name.StartsWith(AppPrefix, StringComparison.Ordinal) && caller.May(Permissions.AppsUse) && caller.May(Permissions.ModelsUse) =>
                await AskAsync(caller, call.Name[AppPrefix.Length..], arguments, cancellationToken),
            SearchTool when caller.May(Permissions.KnowledgeSearch) => await SearchAsync(caller, arguments, cancellationToken),
            _ => Refuse(ToolErrors.NotFound(call.Name)),
        };
    }

    private async ValueTask<CallToolResult> RunAsync(Caller caller, string slug, Dictionary<string, JsonElement> arguments, CancellationToken cancellationToken)
    {
        var answer = await flows.CallAsync(
            new FlowCall(caller.Workspace, slug, arguments) { Trigger = RunTrigger.Tool, By = caller.User, Key = RunEndpoints.KeyOf(Http) }, cancellationToken);
        return answer.Match(
            done => Say(done.Text, JsonSerializer.SerializeToElement(done.Outputs.ToDictionary(output => output.Key, output => output.Value.Json), FlowJson.Relaxed)), Refuse);
    }

    private async ValueTask<CallToolResult> AskAsync(Caller caller, string slug, Dictionary<string, JsonElement> arguments, CancellationToken cancellationToken)
    {
        if (Text(arguments, "question") is not { } question)
        {
            return Refuse(ToolErrors.Missing("question"));
        }

        var app = await models.ResolveAsync(caller.Workspace, new ModelReference(ModelReferenceKind.App, slug), cancellationToken);
        if (!app.IsSuccess)
        {
            return Refuse(app.Error);
        }

        try
        {
            return Say((await app.Value.Chat.GetResponseAsync(question, null, cancellationToken)).Text);
        }
        catch (ModelException failed)
        {
            return Refuse(failed.Error);
        }
    }

    private async ValueTask<CallToolResult> SearchAsync(Caller caller, Dictionary<string, JsonElement> arguments, CancellationToken cancellationToken)
    {
        if (Text(arguments, "query") is not { } query)
        {
            return Refuse(ToolErrors.Missing("query"));
        }

        var bases = Text(arguments, "base") is { } named
            ? await knowledge.FindBasesAsync(caller.Workspace, [named], cancellationToken)
            : Result<IReadOnlyList<KnowledgeBase>>.Success((await knowledge.ListBasesAsync(caller.Workspace, null, null, MostApps, cancellationToken)).Items);
        if (!bases.IsSuccess)
        {
            return Refuse(bases.Error);
        }

        var most = arguments.TryGetValue("k", out var k) && k.TryGetInt32(out var number) ? Math.Clamp(number, 1, MostPassages) : UsualPassages;
        var found = await search.SearchAsync(new KnowledgeQuery(caller.Workspace, [.. bases.Value.Select(one => one.Id)], query, most), cancellationToken);
        return found.Match(
            result => Say(
                result.Hits.Count == 0 ? "Nothing was found." : string.Join("\n\n", result.Hits.Select((hit, index) => $"[{index + 1}] {hit.Document}{(hit.Page is { } page ? $", page {page}" : "")}\n{hit.Text}")),
                JsonSerializer.SerializeToElement(
                    new { passages = result.Hits.Select(hit => new { hit.PassageId, hit.DocumentId, hit.Document, hit.Page, hit.Start, hit.End, hit.Score, hit.Text }) }, JsonSerializerOptions.Web)),
            Refuse);
    }

    private static string? Text(Dictionary<string, JsonElement> arguments, string name) =>
        arguments.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    private static CallToolResult Say(string text, JsonElement? structured = null) => new() { Content = [new TextContentBlock { Text = text }], StructuredContent = structured };

    private static CallToolResult Refuse(Error error) => new() { IsError = true, Content = [new TextContentBlock { Text = error.ToString() }] };
}

/// <summary>Expected failures of the workspace's tools.</summary>
internal static class ToolErrors
{
    public static Error NotFound(string name) => new("tool.not_found", $"There is no tool \"{name}\" here for this key.", "List the tools to see which there are.");

    public static Error Missing(string argument) => new("tool.argument_missing", $"The tool needs the argument \"{argument}\".", "Send it as a text.");
}
