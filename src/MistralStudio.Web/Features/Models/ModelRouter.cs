using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Models;

/// <summary>
/// Finds models by reference: those on this machine, those behind connections, and the prompts, published apps and flows of the workspace. What stays on this
/// machine is refused here, since there is no other way to a connection.
/// </summary>
/// <param name="services">Gives the agent runner when an app is asked; the runner needs this router, so it cannot be asked for earlier.</param>
public sealed class ModelRouter(
    IModelHost host, IAppStore apps, IFlowStore flows, IPromptStore prompts, IPromptUses uses, IConnectionStore connections, IRemoteModels remote, IDataClasses classes, IDefaultModels defaults, IServiceProvider services) : IModelRouter
{
    private const int MostApps = 200;

    /// <inheritdoc/>
    public async ValueTask<Result<ResolvedModel>> ResolveAsync(
        WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        Result<ResolvedModel>? found = reference.Kind switch
        {
            ModelReferenceKind.Default => await defaults.FindAsync(host, workspace, ModelTask.Chat, cancellationToken) is { } chosen ? Local(chosen.Id) : (Result<ResolvedModel>?)null,
            ModelReferenceKind.Local when reference.Detail is null && host.Find(reference.Name) is not null => Local(reference.Name),
            ModelReferenceKind.Connection => await FindRemoteAsync(workspace, reference, knowledge, hasFallback: true, cancellationToken),
            ModelReferenceKind.Prompt => await FindPromptAsync(workspace, reference, knowledge, cancellationToken),
            ModelReferenceKind.App => await FindAppAsync(workspace, reference, knowledge, cancellationToken),
            ModelReferenceKind.Flow => await FindFlowAsync(workspace, reference, knowledge, cancellationToken),
            _ => null,
        };
        if (found is { } resolved)
        {
            return resolved;
        }

        var choices = await ListAsync(workspace, cancellationToken);
        return choices.Count == 0
            ? ModelErrors.NoneInstalled()
            : ModelErrors.NotFound(reference.ToString(), choices.Select(choice => choice.Id));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ModelChoice>> ListAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        var local = host.List()
            .Where(model => model.Task == ModelTask.Chat)
            .Select(model => new ModelChoice(model.Id, model.Name, model.Task, IsLocal: true, model.IsStarter));
        var built = (await apps.ListAsync(workspace, search: null, after: null, MostApps, cancellationToken)).Items
            .Where(app => app.PublishedVersion is not null)
            .Select(app => new ModelChoice($"app:{app.Slug}", app.Name, ModelTask.Chat, IsLocal: true, IsStarter: false) { TellsLogprobs = false });
        var drawn = (await flows.ListAsync(workspace, search: null, after: null, MostApps, cancellationToken)).Items
            .Where(flow => flow.PublishedVersion is not null)
            .Select(flow => new ModelChoice($"flow:{flow.Slug}", flow.Name, ModelTask.Chat, IsLocal: true, IsStarter: false) { TellsLogprobs = false });
        var kept = (await prompts.ListAsync(workspace, new PromptFilter(), after: null, MostApps, cancellationToken)).Items
            .SelectMany(prompt => prompt.Labels.Select(label => (Id: $"{prompt.Reference}@{label.Name}", Name: $"{prompt.Form.Name} · {label.Name}")).Prepend((Id: prompt.Reference, Name: prompt.Form.Name)))
            .Select(prompt => new ModelChoice(prompt.Id, prompt.Name, ModelTask.Chat, IsLocal: true, IsStarter: false) { ReadsImages = null });
        return [.. local, .. await ListRemoteAsync(workspace, ModelTask.Chat, cancellationToken), .. kept, .. built, .. drawn];
    }

    private IFlowCalls Calls => services.GetRequiredService<IFlowCalls>();

    private Result<ResolvedModel> Local(string id)
    {
        var name = host.Find(id)?.Name ?? id;
        return host.Chat(id).Match<Result<ResolvedModel>>(chat => new ResolvedModel(id, name, chat), error => error);
    }

    /// <inheritdoc/>
    public async ValueTask<Result<ResolvedEmbedder>> ResolveEmbedderAsync(WorkspaceId workspace, ModelReference reference, CancellationToken cancellationToken)
    {
        if (reference.Kind == ModelReferenceKind.Connection && await OpenAsync(workspace, reference, [], cancellationToken) is { } remotely)
        {
            return remotely.Match<Result<ResolvedEmbedder>>(
                found => found.Model.Task == ModelTask.Embedding
                    ? new ResolvedEmbedder(reference.ToString(), remote.Embedder(found.Opened, found.Model), null)
                    : ModelErrors.WrongTask(reference.ToString(), ModelTask.Embedding),
                error => error);
        }

        var id = reference.Kind switch
        {
            ModelReferenceKind.Default => (await defaults.FindAsync(host, workspace, ModelTask.Embedding, cancellationToken))?.Id,
            ModelReferenceKind.Local when reference.Detail is null => reference.Name,
            _ => null,
        };
        return id is not null && host.Find(id) is { } installed
            ? host.Embedder(id).Match<Result<ResolvedEmbedder>>(embedder => new ResolvedEmbedder(id, embedder, installed.Dimensions), error => error)
            : ModelErrors.NotFound(reference.ToString(), (await ListEmbeddersAsync(workspace, cancellationToken)).Select(choice => choice.Id));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ModelChoice>> ListEmbeddersAsync(WorkspaceId workspace, CancellationToken cancellationToken)
    {
        var local = host.List().Where(model => model.Task == ModelTask.Embedding)
            .Select(model => new ModelChoice(model.Id, model.Name, model.Task, IsLocal: true, model.IsStarter));
        return [.. local, .. await ListRemoteAsync(workspace, ModelTask.Embedding, cancellationToken)];
    }

    private async ValueTask<IEnumerable<ModelChoice>> ListRemoteAsync(WorkspaceId workspace, ModelTask task, CancellationToken cancellationToken)
    {
        // What would always be refused is no choice.
        var found = await connections.ListAsync(workspace, cancellationToken);
        return found.Count == 0 || await classes.StaysAsync(workspace, cancellationToken)
            ? []
            : found.SelectMany(connection => connection.Settings.Models.Where(model => model.Task == task).Select(model => new ModelChoice(
                connection.ReferenceOf(model), $"{model.Name} · {connection.Settings.Name}", task, IsLocal: false, IsStarter: false)
            {
                Price = model.Price,
                ReadsImages = model.IsShownImages,
                TellsLogprobs = connection.Settings.Kind.TellsLogprobs(),
            }));
    }

    private async ValueTask<Result<ResolvedModel>?> FindRemoteAsync(
        WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, bool hasFallback, CancellationToken cancellationToken)
    {
        if (await OpenAsync(workspace, reference, knowledge, cancellationToken) is not { } found)
        {
            return null;
        }

        if (!found.IsSuccess)
        {
            return found.Error;
        }

        var (opened, model) = found.Value;
        if (model.Task != ModelTask.Chat)
        {
            return ModelErrors.WrongTask(reference.ToString(), ModelTask.Chat);
        }

        var settings = opened.Connection.Settings;
        IReadOnlyList<StandIn> next = hasFallback
            ? [.. settings.Fallback.Select(text => new StandIn(text, token => FindFallbackAsync(workspace, text, knowledge, token)))]
            : [];
        return (Result<ResolvedModel>)new ResolvedModel(reference.ToString(), $"{model.Name} · {settings.Name}", remote.Chat(opened, model, next))
        {
            IsLocal = false,
            Price = model.Price,
        };
    }

    // The one place where a model behind a connection is reached, and where what stays on this machine is refused; null where there is none.
    private async ValueTask<Result<(OpenedConnection Opened, ConnectionModel Model)>?> OpenAsync(
        WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        if (await connections.OpenAsync(workspace, reference.Name, cancellationToken) is not { } opened)
        {
            return null;
        }

        if (!opened.IsSuccess)
        {
            return (Result<(OpenedConnection, ConnectionModel)>)opened.Error;
        }

        if (opened.Value.Connection.Settings.Models.FirstOrDefault(known => known.Name == reference.Detail) is not { } model)
        {
            return null;
        }

        return await classes.FindRefusalAsync(workspace, knowledge, cancellationToken) is { } refusal
            ? (Result<(OpenedConnection, ConnectionModel)>)refusal
            : Result<(OpenedConnection, ConnectionModel)>.Success((opened.Value, model));
    }

    // Asked for when its turn comes: what was allowed when the answer began may not be any more. A stand-in has no stand-ins.
    private async ValueTask<IChatClient?> FindFallbackAsync(
        WorkspaceId workspace, string text, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        if (!ModelReference.TryParse(text, out var reference))
        {
            return null;
        }

        var found = reference.Kind == ModelReferenceKind.Connection
            ? await FindRemoteAsync(workspace, reference, knowledge, hasFallback: false, cancellationToken)
            : await ResolveAsync(workspace, reference, knowledge, cancellationToken);
        return found is { IsSuccess: true } model ? model.Value.Chat : null;
    }

    // A flow sends what it is told wherever its author wants: words that stay on this machine are not told to it.
    private async ValueTask<Result<ResolvedModel>?> FindFlowAsync(
        WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        if (knowledge.Count > 0 && await classes.FindRefusalAsync(workspace, knowledge, cancellationToken) is { } refusal)
        {
            return (Result<ResolvedModel>)refusal;
        }

        return await Calls.FindAsync(workspace, reference.Detail is { } number ? $"{reference.Name}@{number}" : reference.Name, cancellationToken) is { } flow
            ? (Result<ResolvedModel>?)new ResolvedModel(reference.ToString(), flow.Name, new FlowChatClient(workspace, flow, Calls))
            : null;
    }

    private async ValueTask<Result<ResolvedModel>?> FindPromptAsync(
        WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        var found = await prompts.ResolveAsync(workspace, reference.Name, reference.Detail, cancellationToken);
        if (!found.IsSuccess)
        {
            return found.Error == PromptStoreErrors.NotFound() ? null : (Result<ResolvedModel>?)(Result<ResolvedModel>)found.Error;
        }

        var content = found.Value.Content;
        if (PromptRules.CheckModel(content.Model) is { } refusal)
        {
            return (Result<ResolvedModel>)refusal;
        }

        if (content.Knowledge.Count > 0 && await prompts.CheckAuthorAsync(found.Value, cancellationToken) is { Error: { } gone })
        {
            return (Result<ResolvedModel>)gone;
        }

        _ = ModelReference.TryParse(content.Model, out var model);
        IReadOnlyCollection<KnowledgeBaseId> heard = [.. knowledge.Union(content.Knowledge)];
        var inner = await ResolveAsync(workspace, model!, heard, cancellationToken);
        if (!inner.IsSuccess)
        {
            return inner;
        }

        if (PromptOptions.FindBeyond(content, ChatAbilities.Of(inner.Value.Chat), inner.Value.Id) is { } beyond)
        {
            return (Result<ResolvedModel>)beyond;
        }

        var chat = new PromptChatClient(found.Value, reference.Detail, inner.Value, knowledge, uses, services.GetRequiredService<IBlobStore>(), services.GetRequiredService<IAgentRunner>);
        return (Result<ResolvedModel>)(inner.Value with { Id = reference.ToString(), Name = found.Value.Name, Chat = chat });
    }

    private async ValueTask<Result<ResolvedModel>?> FindAppAsync(
        WorkspaceId workspace, ModelReference reference, IReadOnlyCollection<KnowledgeBaseId> knowledge, CancellationToken cancellationToken)
    {
        var version = await apps.FindPublishedAsync(reference.Name, cancellationToken);
        if (version is null || version.Workspace != workspace || (reference.Detail is { } wanted && wanted != $"{version.Number}"))
        {
            return null;
        }

        if (await apps.CheckPublisherAsync(version, cancellationToken) is { Error: { } gone })
        {
            return gone;
        }

        // An app over an app could be its own model by a detour; a definition names a model of its own.
        if (!ModelReference.TryParse(version.Definition.Model, out var model) || model.Kind == ModelReferenceKind.App)
        {
            return ModelErrors.NotFound(version.Definition.Model, host.List().Where(m => m.Task == ModelTask.Chat).Select(m => m.Id));
        }

        var chat = new AppChatClient(version, model, knowledge, services.GetRequiredService<IAgentRunner>());
        return (Result<ResolvedModel>)new ResolvedModel(reference.ToString(), version.Name, chat);
    }
}
