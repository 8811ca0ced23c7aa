using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary><c>GET /api/runs/{id}/events</c>: a run's journal as it grows.</summary>
internal static class RunEvents
{
    /// <summary>
    /// Streams the events after a number, one a message with its number as <c>id</c>, and the growing text of answers as <c>text</c> messages
    /// without one. Ends with the run.
    /// </summary>
    public static async Task<IResult> StreamAsync(
        RunId id, HttpContext http, [FromServices] IRunStore store, [FromServices] IFlowJournal journal, [FromServices] FlowRuns runs, long? after)
    {
        if (await store.FindRunAsync(id, http) is not { } run)
        {
            return ErrorResults.From(FlowRunErrors.NotFound());
        }

        var last = long.TryParse(http.Request.Headers["Last-Event-ID"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen : after ?? 0;
        using var watcher = runs.Watch(id);
        if (run.Status.IsEnded() && !await AnyAsync(journal, id, last, http.RequestAborted))
        {
            // A browser that reconnects stops at this.
            return TypedResults.NoContent();
        }

        new ServerSentEvents(http).Begin();
        await http.Response.StartAsync(http.RequestAborted);
        await foreach (var notice in watcher.FollowAsync(last, isNew: false, http.RequestAborted))
        {
            await WriteAsync(http, notice);
        }

        return TypedResults.Empty;
    }

    private static async Task WriteAsync(HttpContext http, RunNotice notice)
    {
        var (head, data) = notice switch
        {
            RunNotice.Happened { Event: var happened } => ($"id: {happened.Seq}\ndata: ", RunEventCodec.Wire(happened)),
            RunNotice.Streamed { Node: var node, Text: var text } => ("event: text\ndata: ", JsonSerializer.SerializeToUtf8Bytes(new { node, text }, JsonSerializerOptions.Web)),
            RunNotice.Quiet => (": quiet", []),
            _ => ("", Array.Empty<byte>()),
        };
        if (head.Length == 0)
        {
            return;
        }

        var body = http.Response.BodyWriter;
        await body.WriteAsync(Encoding.UTF8.GetBytes(head), http.RequestAborted);
        await body.WriteAsync(data, http.RequestAborted);
        await body.WriteAsync("\n\n"u8.ToArray(), http.RequestAborted);
        await body.FlushAsync(http.RequestAborted);
    }

    private static async Task<bool> AnyAsync(IFlowJournal journal, RunId run, long after, CancellationToken cancellationToken)
    {
        await foreach (var _ in journal.ReadAsync(run, after, cancellationToken))
        {
            return true;
        }

        return false;
    }
}
