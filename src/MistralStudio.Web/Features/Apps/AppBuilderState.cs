using MistralStudio.Core;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Apps;

/// <summary>The builder of one app: its draft, its versions and its link. Driven by the page, or by a test without a browser.</summary>
public sealed class AppBuilderState(IAppStore apps, IKnowledgeStore knowledge, IModelRouter models, IPromptStore prompts, Caller caller)
{
    private const int MaxBases = 500;

    private App? _app;
    private AppVersion? _published;

    /// <summary>The app as it was last saved; null before <see cref="LoadAsync"/> found it.</summary>
    public App? App => _app;

    /// <summary>What the form shows; changed by the page, saved by <see cref="SaveAsync"/>.</summary>
    public AppForm Form { get; private set; } = new();

    /// <summary>Chat models that the app may answer with.</summary>
    public IReadOnlyList<ModelChoice> Models { get; private set; } = [];

    /// <summary>Knowledge bases that the app may answer from.</summary>
    public IReadOnlyList<KnowledgeBase> Bases { get; private set; } = [];

    /// <summary>The variables that readers are asked for, where the chosen model is a prompt with some.</summary>
    public IReadOnlyList<PromptVariable> Variables { get; private set; } = [];

    /// <summary>The link for people without an account; null where there is none.</summary>
    public ShareLink? Link { get; private set; }

    /// <summary>The token of a link that was made just now; it cannot be shown again.</summary>
    public string? NewToken { get; private set; }

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the form differs from what was saved.</summary>
    public bool IsDirty => _app is not null && (Form.Name.Trim() != _app.Name || Form.ToDefinition() != Comparable(_app.Draft));

    /// <summary>True where publishing would change what readers get.</summary>
    public bool HasNews => IsDirty || _app is { HasUnpublishedChanges: true };

    /// <summary>What the form says differently from the published version; empty before the first.</summary>
    public IReadOnlyList<AppPart> Changes
    {
        get
        {
            if (_published is not { } live)
            {
                return [];
            }

            var (now, then) = (Form.ToDefinition(), Comparable(live.Definition));
            List<AppPart> changes = [];
            Add(AppPart.Name, Form.Name.Trim() != live.Name);
            Add(AppPart.Model, now.Model != then.Model);
            Add(AppPart.Instructions, now.Instructions != then.Instructions);
            Add(AppPart.Knowledge, !now.Knowledge.SequenceEqual(then.Knowledge));
            Add(AppPart.Values, !Equals(now.Values, then.Values));
            Add(AppPart.Welcome, now.Welcome != then.Welcome);
            return changes;

            void Add(AppPart part, bool differs)
            {
                if (differs)
                {
                    changes.Add(part);
                }
            }
        }
    }

    /// <summary>Reads the app and what it can be made of; false where there is no such app in the workspace.</summary>
    public async Task<bool> LoadAsync(AppId id, CancellationToken cancellationToken)
    {
        _app = await apps.FindAsync(caller.Workspace, id, cancellationToken);
        if (_app is null)
        {
            return false;
        }

        Form = AppForm.Of(_app);
        var choices = await models.ListAsync(caller.Workspace, cancellationToken);
        // An app that answers with an app would hide whose words they are.
        Models = [.. choices.Where(choice => choice.Task == ModelTask.Chat && !choice.Id.StartsWith("app:", StringComparison.Ordinal))];
        Bases = (await knowledge.ListBasesAsync(caller.Workspace, null, null, MaxBases, cancellationToken)).Items;
        Link = await apps.FindLinkAsync(caller.Workspace, id, cancellationToken);
        _published = await apps.FindPublishedAsync(_app.Slug, cancellationToken);
        await ReadVariablesAsync(cancellationToken);
        return true;
    }

    /// <summary>Another model was chosen: reads what its readers are asked for.</summary>
    public async Task ReadVariablesAsync(CancellationToken cancellationToken) => Variables = await AppVariables.ListAsync(prompts, caller.Workspace, Form.Model, cancellationToken);

    /// <summary>Saves the draft. Fails where somebody else saved meanwhile; the form keeps what was typed.</summary>
    public async Task<bool> SaveAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.AppsWrite);
        var saved = await apps.SaveDraftAsync(caller.Workspace, _app!.Id, _app.Revision, Form.Name.Trim(), Form.ToDefinition(), cancellationToken);
        Error = saved.Error;
        if (saved.IsSuccess)
        {
            _app = saved.Value;
        }

        return saved.IsSuccess;
    }

    /// <summary>Saves the draft and makes it the version that readers get.</summary>
    public async Task<bool> PublishAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.AppsPublish);
        if (IsDirty && !await SaveAsync(cancellationToken))
        {
            return false;
        }

        var published = await apps.PublishAsync(caller.Workspace, _app!.Id, caller.User!.Value, cancellationToken);
        Error = published.Error;
        if (published.IsSuccess)
        {
            _published = published.Value;
            _app = await apps.FindAsync(caller.Workspace, _app.Id, cancellationToken);
        }

        return published.IsSuccess;
    }

    /// <summary>Makes a link; one that was there before stops working.</summary>
    public async Task<bool> RotateLinkAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.AppsPublish);
        var rotated = await apps.RotateLinkAsync(caller.Workspace, _app!.Id, caller.User!.Value, cancellationToken);
        Error = rotated.Error;
        if (rotated.IsSuccess)
        {
            (Link, NewToken) = rotated.Value;
        }

        return rotated.IsSuccess;
    }

    /// <summary>Ends the link.</summary>
    public async Task RevokeLinkAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.AppsPublish);
        await apps.RevokeLinkAsync(caller.Workspace, _app!.Id, caller.User, cancellationToken);
        (Link, NewToken) = (null, null);
    }

    /// <summary>Removes the app with everything that belongs to it.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        Require(Permissions.AppsWrite);
        await apps.DeleteAsync(caller.Workspace, _app!.Id, caller.User, cancellationToken);
    }

    private static AppDefinition Comparable(AppDefinition draft) => AppForm.Of(draft).ToDefinition();

    private void Require(string permission)
    {
        if (!caller.May(permission) || caller.User is null)
        {
            throw new UnauthorizedAccessException($"This needs {permission}.");
        }
    }
}

/// <summary>What a version of an app can differ in.</summary>
public enum AppPart
{
    /// <summary>Its name.</summary>
    Name,

    /// <summary>The model that answers.</summary>
    Model,

    /// <summary>The system prompt.</summary>
    Instructions,

    /// <summary>The knowledge bases.</summary>
    Knowledge,

    /// <summary>What is filled in for its prompt beforehand.</summary>
    Values,

    /// <summary>What stands before the first question.</summary>
    Welcome,
}
