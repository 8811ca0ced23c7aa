using Microsoft.AspNetCore.Mvc;
using MistralStudio.Core.Models;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>.</summary>
internal static class ModelListEndpoints
{
    public static async Task ListAsync(HttpContext http, [FromServices] IModelRouter router, [FromServices] IModelHost host)
    {
        var models = await ReadModelsAsync(http, router, host);
        await http.Response.WriteAsJsonAsync(new WireModels("list", models), ModelApiJson.Options, http.RequestAborted);
    }

    public static async Task FindAsync(string id, HttpContext http, [FromServices] IModelRouter router, [FromServices] IModelHost host)
    {
        // A reference may hold a slash, which clients send encoded and routing leaves so.
        id = id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var models = await ReadModelsAsync(http, router, host);
        if (models.FirstOrDefault(model => model.Id == id) is { } found)
        {
            await http.Response.WriteAsJsonAsync(found, ModelApiJson.Options, http.RequestAborted);
            return;
        }

        // Not listed, yet a model: "default", or a version by its number.
        if (ModelReference.TryParse(id, out var reference) && await router.ResolveAsync(http.GetCaller().Workspace, reference, http.RequestAborted) is { IsSuccess: true, Value: var model })
        {
            await http.Response.WriteAsJsonAsync(WireModel.Chat(id, model.Name, host.Find(model.Id)), ModelApiJson.Options, http.RequestAborted);
            return;
        }

        await ApiError.From(ModelErrors.NotFound(id, models.Select(model => model.Id))).WriteAsync(http);
    }

    private static async Task<List<WireModel>> ReadModelsAsync(HttpContext http, IModelRouter router, IModelHost host)
    {
        var chat = await router.ListAsync(http.GetCaller().Workspace, http.RequestAborted);
        return
        [
            .. chat.Select(choice => WireModel.Chat(choice.Id, choice.Name, host.Find(choice.Id))),
            .. (await router.ListEmbeddersAsync(http.GetCaller().Workspace, http.RequestAborted)).Select(choice => WireModel.Embedding(choice, host.Find(choice.Id))),
            .. host.List().Where(model => model.Task == ModelTask.Reranking).Select(WireModel.Reranking),
        ];
    }
}
