using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.KnowledgeApi;

/// <summary><c>POST /api/knowledge-bases/{id}/ask</c>: a turn over one base, told as server-sent events.</summary>
internal static class AskEndpoint
{
    private const string Instructions = "You answer questions from the passages that you are given. Answer in one or two sentences.";

    /// <summary>
    /// Streams the turn. What can be known before (no such base, no such model, nothing asked) is a plain response with its status; what fails
    /// later is an <c>error</c> event.
    /// </summary>
    public static async Task<IResult> AskAsync(
        KnowledgeBaseId id, WireQuestion body, HttpContext http, [FromServices] IKnowledgeStore store, [FromServices] IModelRouter router, [FromServices] IAgentRunner runner)
    {
        var workspace = http.GetCaller().Workspace;
        if (await store.FindBaseAsync(workspace, id, http.RequestAborted) is null)
        {
            return ErrorResults.From(KnowledgeErrors.BaseNotFound());
        }

        if (string.IsNullOrWhiteSpace(body.Question))
        {
            return ErrorResults.From(KnowledgeErrors.QueryEmpty());
        }

        var named = string.IsNullOrEmpty(body.Model) ? "default" : body.Model;
        if (!ModelReference.TryParse(named, out var model))
        {
            return ErrorResults.From(KnowledgeApiErrors.BadModel(named));
        }

        var resolved = await router.ResolveAsync(workspace, model, [id], http.RequestAborted);
        if (!resolved.IsSuccess)
        {
            return ErrorResults.From(resolved.Error);
        }

        var turn = new AgentTurn
        {
            Workspace = workspace,
            Model = model,
            Instructions = body.Instructions ?? Instructions,
            Messages = [new(MessageRole.User, body.Question)],
            Knowledge = [id],
            Settings = new(body.Temperature, body.TopP, body.MaxTokens, body.Seed),
        };
        await StreamAsync(runner, turn, http);
        return TypedResults.Empty;
    }

    private static async Task StreamAsync([FromServices] IAgentRunner runner, AgentTurn turn, HttpContext http)
    {
        var events = new ServerSentEvents(http);
        events.Begin();
        await foreach (var step in runner.RunAsync(turn, http.RequestAborted))
        {
            await (step switch
            {
                AgentEvent.Retrieved found => events.SendAsync("retrieved", WireHits.From(found.Hits, found.Timings) with { Given = found.Given }, http.RequestAborted),
                AgentEvent.TextDelta delta => events.SendAsync("delta", new WireDelta(delta.Text), http.RequestAborted),
                AgentEvent.Completed done => events.SendAsync(
                    "done",
                    new WireDone([.. done.Citations.Select(WireCitation.From)], done.Usage, done.Timings, done.FinishReason),
                    http.RequestAborted),
                AgentEvent.Failed failed => events.SendAsync("error", failed.Error, http.RequestAborted),
                _ => Task.CompletedTask,
            });
        }
    }
}
