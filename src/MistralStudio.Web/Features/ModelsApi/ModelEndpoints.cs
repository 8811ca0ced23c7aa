using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelsApi;

/// <summary>The models on this machine, under <c>/api/models</c>.</summary>
internal static class ModelEndpoints
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapModelsApi(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/api/models").WithTags("Models").GuardCookies();
        models.MapGet("/", List).RequirePermission(Permissions.ModelsRead)
            .WithSummary("Models on this machine with state, memory, speed and licence.").Produces<WirePage<WireModelCard>>().ProducesProblems();
        models.MapImports();
        models.MapGet("/defaults", ListDefaultsAsync).RequirePermission(Permissions.ModelsRead)
            .WithSummary("The workspace's default model of each task; null where none was chosen.").Produces<WireDefaults>().ProducesProblems();
        models.MapPut("/defaults", SetDefaultsAsync).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Chooses the workspace's default models; null takes a choice back.").Produces<WireDefaults>().ProducesProblems(404, 422);
        models.MapGet("/{id}", Find).RequirePermission(Permissions.ModelsRead).WithSummary("One model.").Produces<WireModelCard>().ProducesProblems(404);
        models.MapPost("/{id}/load", LoadAsync).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Brings a model into memory; answers when it is there.").Produces<WireModelCard>().ProducesProblems(404, 503);
        models.MapPost("/{id}/unload", UnloadAsync).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Frees a model's memory; refused while it answers.").Produces<WireModelCard>().ProducesProblems(404, 409);
        models.MapPost("/{id}/benchmark", MeasureAsync).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Measures a model on this machine; answers after about ten seconds.").Produces<ModelSpeed>().ProducesProblems(404, 409, 503);
        models.MapDelete("/{id}", DeleteAsync).RequirePermission(Permissions.ModelsManage)
            .WithSummary("Removes a model's files; refused while something uses it, saying where.").Produces(204).ProducesProblems(404, 409, 422);
    }

    private static IResult List([FromServices] IModelHost host, [FromServices] IModelSpeeds speeds) =>
        TypedResults.Ok(new WirePage<WireModelCard>([.. host.List().Select(model => WireModelCard.From(model, speeds.Find(model.Id)))], null));

    private static IResult Find(string id, [FromServices] IModelHost host, [FromServices] IModelSpeeds speeds) => host.Find(id) is { } model
        ? TypedResults.Ok(WireModelCard.From(model, speeds.Find(id)))
        : ErrorResults.From(ModelErrors.NotFound(id, host.List().Select(other => other.Id)));

    private static async Task<IResult> LoadAsync(string id, HttpContext http, [FromServices] IModelHost host, [FromServices] IModelSpeeds speeds) =>
        Show(await host.LoadAsync(id, http.RequestAborted), speeds);

    private static async Task<IResult> UnloadAsync(string id, HttpContext http, [FromServices] IModelHost host, [FromServices] IModelSpeeds speeds) =>
        Show(await host.UnloadAsync(id, http.RequestAborted), speeds);

    private static async Task<IResult> MeasureAsync(string id, HttpContext http, [FromServices] IModelSpeeds speeds) =>
        (await speeds.MeasureAsync(id, http.RequestAborted)).Match<IResult>(TypedResults.Ok, ErrorResults.From);

    private static async Task<IResult> DeleteAsync(string id, HttpContext http, [FromServices] IModelLibrary library, [FromServices] IModelAudit audit)
    {
        var caller = http.GetCaller();
        var removed = await library.RemoveAsync(id, caller.Workspace, http.RequestAborted);
        if (!removed.IsSuccess)
        {
            return ErrorResults.From(removed.Error);
        }

        await audit.AppendAsync(caller.Workspace, caller.User, "model.removed", id, "", CancellationToken.None);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ListDefaultsAsync(HttpContext http, [FromServices] IDefaultModels defaults) =>
        TypedResults.Ok(WireDefaults.From(await defaults.ListAsync(http.GetCaller().Workspace, http.RequestAborted)));

    private static async Task<IResult> SetDefaultsAsync(WireDefaults body, HttpContext http, [FromServices] IDefaultModels defaults, [FromServices] IModelHost host)
    {
        var caller = http.GetCaller();
        (ModelTask Task, string? Model)[] choices = [(ModelTask.Chat, body.Chat), (ModelTask.Embedding, body.Embedding), (ModelTask.Reranking, body.Reranking)];
        foreach (var (task, model) in choices.Where(choice => choice.Model is not null))
        {
            if (host.Find(model!) is not { } found)
            {
                return ErrorResults.From(ModelErrors.NotFound(model!, host.List().Where(other => other.Task == task).Select(other => other.Id)));
            }

            if (found.Task != task)
            {
                return ErrorResults.From(ModelErrors.WrongTask(model!, task));
            }
        }

        foreach (var (task, model) in choices)
        {
            await defaults.SetAsync(caller.Workspace, task, model, caller.User, http.RequestAborted);
        }

        return await ListDefaultsAsync(http, defaults);
    }

    private static IResult Show(Result<InstalledModel> outcome, IModelSpeeds speeds) =>
        outcome.Match<IResult>(model => TypedResults.Ok(WireModelCard.From(model, speeds.Find(model.Id))), ErrorResults.From);
}

/// <summary>The default models of a workspace.</summary>
internal sealed record WireDefaults(string? Chat, string? Embedding, string? Reranking)
{
    public static WireDefaults From(IReadOnlyDictionary<ModelTask, string> chosen) =>
        new(chosen.GetValueOrDefault(ModelTask.Chat), chosen.GetValueOrDefault(ModelTask.Embedding), chosen.GetValueOrDefault(ModelTask.Reranking));
}

/// <summary>A model on this machine.</summary>
/// <param name="Device">What computes it: "CPU", "WebGPU, NVIDIA"; empty before it was loaded.</param>
/// <param name="DeviceReason">Why it is not the accelerator that the settings ask for.</param>
/// <param name="Precision">What an accelerator computes it with: "float16", "float32"; empty on the processor and before it was loaded.</param>
/// <param name="PrecisionReason">Why that is float32.</param>
internal sealed record WireModelCard(
    string Id, string Name, string Task, string State, Error? Error, bool IsStarter, string Architecture, string Weights, IReadOnlyList<string> Notes, long Parameters,
    long FileBytes, long MemoryBytes, int ContextLength, int Dimensions, string Licence, string Origin, string Sha256, DateTimeOffset? InstalledAt, int ActiveRequests, int WaitingRequests,
    string Device, Error? DeviceReason, string Precision, Error? PrecisionReason, double? TokensPerSecond, ModelSpeed? Speed)
{
    public static WireModelCard From(InstalledModel model, ModelSpeed? speed) => new(
        model.Id, model.Name, Word(model.Task), Word(model.State), model.Error, model.IsStarter, model.Architecture, model.Quantisation, model.Notes, model.Parameters,
        model.FileBytes, model.MemoryBytes, model.ContextLength, model.Dimensions, model.Licence, model.Origin, model.Sha256, model.InstalledAt, model.ActiveRequests, model.WaitingRequests,
        model.Device, model.DeviceReason, model.Precision, model.PrecisionReason, model.TokensPerSecond, speed);

    // camelCase, as every other word of this API.
    private static string Word<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
