using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelsApi;

/// <summary>Imports of models, under <c>/api/models/imports</c>; the page of models uploads here as well.</summary>
internal static class ImportEndpoints
{
    public static void MapImports(this RouteGroupBuilder models)
    {
        var imports = models.MapGroup("/imports");
        models.MapGet("/catalogue", Catalogue).RequirePermission(Permissions.ModelsRead)
            .WithSummary("Models that can be fetched by id.").Produces<WirePage<CatalogueModel>>().ProducesProblems(422);
        models.MapGet("/found", Scan).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Models in the folders that the operator named (Inference:ModelFolders).").Produces<WirePage<FoundModel>>().ProducesProblems();
        imports.MapGet("/", List).RequirePermission(Permissions.ModelsRead)
            .WithSummary("Imports that run, and the last that ended.").Produces<WirePage<WireImport>>().ProducesProblems();
        imports.MapPost("/", StartAsync).RequirePermission(Permissions.ModelsManage).WithIdempotency()
            .WithSummary("Begins an import from one of `path`, `url`, `catalogue`.").Produces<WireImport>(202).ProducesProblems(404, 409, 422, 507);
        imports.MapPost("/upload", UploadAsync).RequirePermission(Permissions.ModelsManage).WithIdempotency()
            .Accepts<IFormFileCollection>("multipart/form-data").WithSummary("Imports what is sent: one .gguf, or model.safetensors with its files, in the field `files`.")
            .Produces<WireImport>(202).ProducesProblems(409, 413, 422, 507);
        imports.MapPost("/{import}/retry", RetryAsync).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Begins a failed import again; a download goes on where it stopped.").Produces<WireImport>(202).ProducesProblems(404, 409);
        imports.MapDelete("/{import}", CancelAsync).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Stops a running import, takes an ended one off the list.").Produces(204).ProducesProblems(404, 409);
    }

    private static IResult Catalogue([FromServices] IModelLibrary library) =>
        library.Catalogue().Match<IResult>(entries => TypedResults.Ok(new WirePage<CatalogueModel>(entries, null)), ErrorResults.From);

    private static IResult Scan([FromServices] IModelLibrary library) => TypedResults.Ok(new WirePage<FoundModel>(library.Scan(), null));

    // Where another workspace's import comes from is its own business.
    private static IResult List(HttpContext http, [FromServices] IModelLibrary library)
    {
        var caller = http.GetCaller();
        return TypedResults.Ok(new WirePage<WireImport>([.. library.Imports().Select(import => WireImport.From(import, caller))], null));
    }

    private static async Task<IResult> StartAsync(WireImportRequest body, HttpContext http, [FromServices] IModelLibrary library, [FromServices] IModelAudit audit)
    {
        var caller = http.GetCaller();
        var source = body.Read();
        var started = source.IsSuccess ? await library.StartAsync(source.Value, caller.Workspace, http.RequestAborted) : source.Error;
        if (started.IsSuccess)
        {
            await audit.AppendAsync(caller.Workspace, caller.User, "model.imported", started.Value.Model, started.Value.Source, CancellationToken.None);
        }

        return Accepted(started, caller);
    }

    private static async Task<IResult> UploadAsync(HttpContext http, [FromServices] IModelLibrary library, [FromServices] IModelAudit audit, string? id)
    {
        var caller = http.GetCaller();
        var reader = FileBody.Open(http.Request);
        if (!reader.IsSuccess)
        {
            return ErrorResults.From(reader.Error);
        }

        if (http.Request.ContentLength is not { } length)
        {
            return ErrorResults.From(ModelUploadErrors.NoLength());
        }

        // Checked against the limit and the free space below, before a byte of it is read.
        FileBody.Allow(http, length);

        IModelUpload? upload = null;
        try
        {
            while (await reader.Value.NextAsync(http.RequestAborted) is { } file)
            {
                if (upload is null)
                {
                    var begun = library.BeginUpload(Path.GetFileName(file.Name), string.IsNullOrEmpty(id) ? null : id, length, caller.Workspace);
                    if (!begun.IsSuccess)
                    {
                        return ErrorResults.From(begun.Error);
                    }

                    upload = begun.Value;
                }

                var added = await upload.AddAsync(file.Name, file.Content, http.RequestAborted);
                if (!added.IsSuccess)
                {
                    return ErrorResults.From(added.Error);
                }
            }

            if (upload is null)
            {
                return ErrorResults.From(ImportErrors.NoModel());
            }

            var complete = upload.Complete();
            if (complete.IsSuccess)
            {
                await audit.AppendAsync(caller.Workspace, caller.User, "model.imported", complete.Value.Model, "upload", CancellationToken.None);
            }

            return Accepted(complete, caller);
        }
        catch (Exception broken) when (!http.RequestAborted.IsCancellationRequested && broken is InvalidDataException or IOException and not BadHttpRequestException or OperationCanceledException)
        {
            return ErrorResults.From(ImportErrors.CutOff());
        }
        finally
        {
            if (upload is not null)
            {
                await upload.DisposeAsync();
            }
        }
    }

    private static async Task<IResult> RetryAsync(string import, HttpContext http, [FromServices] IModelLibrary library) =>
        Accepted(await library.RetryAsync(import, http.RequestAborted), http.GetCaller());

    private static async Task<IResult> CancelAsync(string import, HttpContext http, [FromServices] IModelLibrary library) =>
        (await library.CancelAsync(import, http.RequestAborted)).Match<IResult>(_ => TypedResults.NoContent(), ErrorResults.From);

    private static IResult Accepted(Result<ModelImport> outcome, Caller caller) =>
        outcome.Match<IResult>(import => TypedResults.Accepted("/api/models/imports", WireImport.From(import, caller)), ErrorResults.From);
}

/// <summary>Where a model comes from: exactly one of path, url and catalogue.</summary>
internal sealed record WireImportRequest(string? Path, string? Url, string? Catalogue, string? Id, string? Sha256, bool Link = false)
{
    public Result<ModelSource> Read() => (Path, Url, Catalogue) switch
    {
        ({ } path, null, null) => new ModelSource.FromPath(path, Link, Id),
        (null, { } url, null) => Uri.TryCreate(url, UriKind.Absolute, out var address) ? new ModelSource.FromUrl(address, Sha256, Id) : ImportErrors.BadUrl(url),
        (null, null, { } entry) => new ModelSource.FromCatalogue(entry),
        _ => ModelUploadErrors.OneSource(),
    };
}

/// <summary>An import.</summary>
internal sealed record WireImport(
    string Id, string Model, string Name, string Kind, string? Source, string State, long Bytes, long? TotalBytes, double? BytesPerSecond, double? SecondsLeft,
    Error? Error, string? Sha256, DateTimeOffset StartedAt, DateTimeOffset? EndedAt)
{
    public static WireImport From(ModelImport import, Caller caller) => new(
        import.Id, import.Model, import.Name, import.Kind.ToString().ToLowerInvariant(), import.Workspace == caller.Workspace ? import.Source : null,
        import.State.ToString().ToLowerInvariant(), import.Bytes, import.TotalBytes, import.BytesPerSecond, import.Left?.TotalSeconds, import.Error, import.Sha256,
        import.StartedAt, import.EndedAt);
}

/// <summary>Expected failures of requests that import.</summary>
internal static class ModelUploadErrors
{
    public static Error NoLength() => new(
        "import.length_missing", "The upload does not say how long it is.", "Send Content-Length: the free space is checked before the first byte.");

    public static Error OneSource() => new("import.one_source", "The request names no source, or more than one.", "Send one of path, url and catalogue.");
}
