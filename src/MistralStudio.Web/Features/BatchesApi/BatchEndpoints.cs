using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using MistralStudio.Agents.Batches;
using MistralStudio.Core;
using MistralStudio.Core.Batches;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Core.Tables;
using MistralStudio.Data.Batches;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.BatchesApi;

/// <summary>Prompts run over tables, under <c>/api/batches</c>.</summary>
public static class BatchEndpoints
{
    private const int MostPasted = 1 << 20;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(15);

    /// <summary>Maps the endpoints.</summary>
    public static void MapBatchesApi(this IEndpointRouteBuilder app)
    {
        var batches = app.MapGroup("/api/batches").WithTags("Batches").GuardCookies();
        batches.MapPost("/tables", AddTableAsync).RequirePermission(Permissions.ModelsUse).WithIdempotency()
            .Accepts<IFormFileCollection>("multipart/form-data").WithSummary("Adds a table: one CSV, TSV, XLSX or JSON Lines file in the field `files`. One that no batch came to use is removed after a week.")
            .Produces<WireTable>(201).ProducesProblems(413, 422, 507);
        batches.MapPost("/tables/paste", PasteTableAsync).RequirePermission(Permissions.ModelsUse).WithIdempotency()
            .WithSummary("Adds a table out of pasted text, up to 1 MB.").Produces<WireTable>(201).ProducesProblems(413, 422, 507);
        batches.MapGet("/tables/{table:guid}", FindTableAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("One table: its columns, and what was guessed or left out while it was read.").Produces<WireTable>().ProducesProblems(404);
        batches.MapPost("/", StartAsync).RequirePermission(Permissions.ModelsUse).WithIdempotency()
            .WithSummary("Runs a prompt over a table. It goes on by itself, with the rights of who started it, also after a crash: no answered row is asked about again, but for the few in flight at that moment.")
            .Produces<WireBatch>(201).ProducesProblems(404, 422);
        batches.MapGet("/", ListAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("Batches, newest first: one's own, or everybody's with runs:read-all.").Produces<WirePage<WireBatch>>().ProducesProblems(422);
        batches.MapGet("/{id:guid}", FindAsync).RequirePermission(Permissions.RunsRead).WithSummary("Where a batch stands.").Produces<WireBatch>().ProducesProblems(404);
        batches.MapGet("/{id:guid}/rows", ListRowsAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("Rows with what was added to them, in the order of the table; state=failed or succeeded for those alone.").Produces<WirePage<WireBatchRow>>().ProducesProblems(404, 422);
        batches.MapGet("/{id:guid}/events", StreamAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("Progress as server-sent events, whenever it changed, until the batch has ended or is paused.").Produces<string>(contentType: "text/event-stream").ProducesProblems(404);
        batches.MapGet("/{id:guid}/export", ExportAsync).RequirePermission(Permissions.RunsRead)
            .WithSummary("The whole table with the added columns: format=csv, jsonl or xlsx. In a CSV cells that a spreadsheet program would compute have an apostrophe before them.")
            .Produces<string>(contentType: "text/csv").ProducesProblems(404, 422);
        Change(batches, "cancel", _ => Task.FromResult<BatchChange>(new BatchChange.Cancel()), "Ends a batch; what was answered is kept.");
        Change(batches, "pause", _ => Task.FromResult<BatchChange>(new BatchChange.Pause()), "Lets a batch wait.");
        Change(batches, "resume", ReadResumeAsync, "Lets a paused or cancelled batch go on with the caller's rights; {\"budget\":{\"rows\",\"tokens\",\"cost\"}} gives it new limits, no body leaves those it had.");
        Change(batches, "retry", _ => Task.FromResult<BatchChange>(new BatchChange.RetryFailed()), "Asks about the rows that failed once more.");
        batches.MapDelete("/{id:guid}", DeleteAsync).RequirePermission(Permissions.ModelsUse)
            .WithSummary("Removes a batch that does not run, with what became of its rows.").Produces(204).ProducesProblems(404, 409);
        // The same for the link of a page, which can send no header that names the workspace.
        app.MapGet($"/w/{{{Callers.WorkspaceParameter}}}/batches/{{id:guid}}/export", ExportAsync).RequirePermission(Permissions.RunsRead).ExcludeFromDescription();
    }

    /// <summary>The batch where the caller may look at it: everybody's, or one's own.</summary>
    internal static Task<Batch?> FindBatchAsync(this IBatchStore batches, BatchId id, Caller caller, CancellationToken cancellationToken) =>
        batches.FindAsync(caller.Workspace, id, caller.May(Permissions.RunsReadAll) ? null : caller.User, cancellationToken);

    private static void Change(RouteGroupBuilder batches, string name, Func<HttpRequest, Task<BatchChange>> read, string summary) =>
        batches.MapPost($"/{{id:guid}}/{name}", async (BatchId id, HttpContext http, [FromServices] IBatchStore store, [FromServices] BatchRuns runs) =>
        {
            var caller = http.GetCaller();
            if (caller.User is not { } user || await store.FindBatchAsync(id, caller, http.RequestAborted) is null)
            {
                return ErrorResults.From(BatchErrors.NotFound());
            }

            var changed = await runs.ChangeAsync(caller.Workspace, id, await read(http.Request), user, RunEndpoints.KeyOf(http), http.RequestAborted);
            return changed.Match<IResult>(batch => TypedResults.Accepted($"/api/batches/{id}", WireBatch.From(batch)), ErrorResults.From);
        }).RequirePermission(Permissions.ModelsUse).WithSummary(summary).Produces<WireBatch>(202).ProducesProblems(404, 409, 422);

    // Bound by hand: a body that is bound makes the endpoint one for JSON alone, and most who resume send none.
    private static async Task<BatchChange> ReadResumeAsync(HttpRequest request)
    {
        try
        {
            return new BatchChange.Resume(request.HasJsonContentType() && request.ContentLength != 0 ? (await request.ReadFromJsonAsync<WireResume>(request.HttpContext.RequestAborted))?.Budget : null);
        }
        catch (JsonException broken)
        {
            throw new BadHttpRequestException("The body is no JSON of a budget.", broken);
        }
    }

    private static async Task<IResult> AddTableAsync(HttpContext http, [FromServices] ITableStore tables, IOptions<BatchOptions> options)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(AccessErrors.Forbidden());
        }

        if (FileBody.Admit(http, options.Value.MaxTableBytes, TableErrors.TooLarge) is { } refused)
        {
            return ErrorResults.From(refused);
        }

        return Added(await ReadTableAsync(http, tables, caller.Workspace, user));
    }

    // The first file of the body, from the socket to the disk.
    private static async Task<Result<StoredTable>> ReadTableAsync(HttpContext http, ITableStore tables, WorkspaceId workspace, UserId by)
    {
        var reader = FileBody.Open(http.Request);
        if (!reader.IsSuccess)
        {
            return reader.Error;
        }

        try
        {
            return await reader.Value.NextAsync(http.RequestAborted) is { } file
                ? await tables.AddAsync(workspace, FileBody.Label(file.Name), file.Content, by, http.RequestAborted)
                : UploadErrors.NoFiles();
        }
        catch (Exception broken) when (FileBody.IsBroken(broken, http.RequestAborted))
        {
            return UploadErrors.Broken();
        }
    }

    private static async Task<IResult> PasteTableAsync(WirePaste body, HttpContext http, [FromServices] ITableStore tables)
    {
        var caller = http.GetCaller();
        if (caller.User is not { } user)
        {
            return ErrorResults.From(AccessErrors.Forbidden());
        }

        if (string.IsNullOrWhiteSpace(body.Text))
        {
            return ErrorResults.From(BatchApiErrors.EmptyPaste());
        }

        if (body.Text.Length > MostPasted)
        {
            return ErrorResults.From(TableErrors.TooLarge(body.Text.Length, MostPasted));
        }

        using var content = new MemoryStream(Encoding.UTF8.GetBytes(body.Text));
        return Added(await tables.AddAsync(caller.Workspace, string.IsNullOrWhiteSpace(body.Name) ? "pasted" : body.Name.Trim(), content, user, http.RequestAborted));
    }

    private static IResult Added(Result<StoredTable> added) =>
        added.Match<IResult>(table => TypedResults.Created($"/api/batches/tables/{table.Id}", WireTable.From(table)), ErrorResults.From);

    private static async Task<IResult> FindTableAsync(TableId table, HttpContext http, [FromServices] ITableStore tables)
    {
        var caller = http.GetCaller();
        return await tables.FindAsync(caller.Workspace, table, caller.May(Permissions.RunsReadAll) ? null : caller.User, http.RequestAborted) is { } found
            ? TypedResults.Ok(WireTable.From(found))
            : ErrorResults.From(TableErrors.NotFound());
    }

    private static async Task<IResult> StartAsync(WireNewBatch body, HttpContext http, [FromServices] BatchOrders orders)
    {
        var started = await orders.StartAsync(http.GetCaller(), RunEndpoints.KeyOf(http), body, http.RequestAborted);
        return started.Match<IResult>(batch => TypedResults.Created($"/api/batches/{batch.Id}", WireBatch.From(batch)), ErrorResults.From);
    }

    private static async Task<IResult> ListAsync(HttpContext http, [FromServices] IBatchStore store, string? state, string? after, int? limit)
    {
        var caller = http.GetCaller();
        var size = PageSize.Read(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        if (!TryRead<BatchState>(state, out var wanted))
        {
            return ErrorResults.From(BatchApiErrors.BadState(state!));
        }

        var page = await store.ListAsync(caller.Workspace, wanted, caller.May(Permissions.RunsReadAll) ? null : caller.User, after, size.Value, http.RequestAborted);
        return TypedResults.Ok(WirePage<WireBatch>.From(page, WireBatch.From));
    }

    private static async Task<IResult> FindAsync(BatchId id, HttpContext http, [FromServices] IBatchStore store, [FromServices] ITableStore tables)
    {
        if (await store.FindBatchAsync(id, http.GetCaller(), http.RequestAborted) is not { } batch)
        {
            return ErrorResults.From(BatchErrors.NotFound());
        }

        var table = await tables.FindAsync(batch.Workspace, batch.Table, null, http.RequestAborted);
        return TypedResults.Ok(WireBatch.From(batch, table?.Columns));
    }

    private static async Task<IResult> ListRowsAsync(
        BatchId id, HttpContext http, [FromServices] IBatchStore store, [FromServices] ITableStore tables, [FromServices] FilledRows rows, string? state, string? after, int? limit)
    {
        var size = PageSize.Read(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        if (!TryRead<BatchRowState>(state, out var wanted))
        {
            return ErrorResults.From(BatchApiErrors.BadState(state!));
        }

        if (await store.FindBatchAsync(id, http.GetCaller(), http.RequestAborted) is not { } batch
            || await tables.FindAsync(batch.Workspace, batch.Table, null, http.RequestAborted) is not { } table)
        {
            return ErrorResults.From(BatchErrors.NotFound());
        }

        var from = long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : -1;
        var page = await rows.ListAsync(batch, wanted, from, size.Value, http.RequestAborted);
        var output = new OutputColumns(batch.Plan, table.Columns);
        return TypedResults.Ok(new WirePage<WireBatchRow>(
            [.. page.Select(row => WireBatchRow.From(row, table.Columns, output))], page.Count == size.Value ? page[^1].Row.Number.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<IResult> StreamAsync(BatchId id, HttpContext http, [FromServices] IBatchStore store, TimeProvider time)
    {
        var caller = http.GetCaller();
        if (await store.FindBatchAsync(id, caller, http.RequestAborted) is not { } batch)
        {
            return ErrorResults.From(BatchErrors.NotFound());
        }

        var events = new ServerSentEvents(http);
        events.Begin();
        await events.SendAsync("progress", WireProgress.From(batch), http.RequestAborted);
        var saidAt = time.GetTimestamp();
        using var timer = new PeriodicTimer(s_look, time);
        while (batch is { State: BatchState.Running } && await timer.WaitForNextTickAsync(http.RequestAborted))
        {
            var before = batch.Revision;
            batch = await store.FindBatchAsync(id, caller, http.RequestAborted);
            // Said again from time to time, so that nobody on the way takes the stream for dead.
            if (batch is not null && (batch.Revision != before || time.GetElapsedTime(saidAt) > s_quiet))
            {
                saidAt = time.GetTimestamp();
                await events.SendAsync("progress", WireProgress.From(batch), http.RequestAborted);
            }
        }

        return TypedResults.Empty;
    }

    private static async Task<IResult> ExportAsync(
        BatchId id, HttpContext http, [FromServices] IBatchStore store, [FromServices] ITableStore tables, [FromServices] FilledRows rows, string? format)
    {
        if (BatchExport.Find(format) is not { } wanted)
        {
            return ErrorResults.From(BatchApiErrors.BadFormat(format!));
        }

        var caller = http.GetCaller();
        if (await store.FindBatchAsync(id, caller, http.RequestAborted) is not { } batch
            || await tables.FindAsync(batch.Workspace, batch.Table, null, http.RequestAborted) is not { } table)
        {
            return ErrorResults.From(BatchErrors.NotFound());
        }

        if (wanted == BatchFormat.Xlsx && table.Rows + 1 > XlsxWriter.MostRows)
        {
            return ErrorResults.From(TableErrors.TooManyForExcel(table.Rows + 1));
        }

        await store.NoteExportAsync(batch, caller.User, http.RequestAborted);
        await BatchExport.WriteAsync(http, rows, batch, table, wanted);
        return TypedResults.Empty;
    }

    private static async Task<IResult> DeleteAsync(BatchId id, HttpContext http, [FromServices] IBatchStore store)
    {
        var caller = http.GetCaller();
        return await store.FindBatchAsync(id, caller, http.RequestAborted) is null
            ? ErrorResults.From(BatchErrors.NotFound())
            : (await store.DeleteAsync(caller.Workspace, id, caller.User, http.RequestAborted)).Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);
    }

    private static bool TryRead<T>(string? text, out T? state)
        where T : struct, Enum
    {
        state = null;
        if (text is null)
        {
            return true;
        }

        if (!Enum.TryParse<T>(text, ignoreCase: true, out var named) || !Enum.IsDefined(named))
        {
            return false;
        }

        state = named;
        return true;
    }
}
