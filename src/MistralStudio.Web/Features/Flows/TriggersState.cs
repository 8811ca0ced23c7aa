using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <summary>What starts runs of a flow beside people. Driven by the page, or by a test without a browser.</summary>
public sealed class TriggersState(IFlowTriggers triggers, IFlowVersions versions, Caller caller, Flow flow)
{
    /// <summary>Schedules and webhook as they stand; null before they were read.</summary>
    public FlowTriggers? Triggers { get; private set; }

    /// <summary>True where the published version has a node that takes calls.</summary>
    public bool TakesCalls { get; private set; }

    /// <summary>What the published version asks of who runs it; none before it was read, and without one.</summary>
    public IReadOnlyList<FlowInput> Inputs { get; private set; } = [];

    /// <summary>The secret that was just made, shown once; null where none was.</summary>
    public string? Secret { get; private set; }

    /// <summary>Why the last thing asked for was not done; null where it was.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may change what starts runs.</summary>
    public bool MayChange => caller.May(Permissions.FlowsPublish) && caller.User is not null;

    /// <summary>Where the webhook is called, below the studio's address.</summary>
    public string Path => Webhooks.AddressOf(flow.Id);

    /// <summary>Reads them.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        Triggers = await triggers.FindAsync(caller.Workspace, flow.Id, cancellationToken);
        Error = Triggers is null ? FlowStoreErrors.NotFound() : null;
        var published = flow.PublishedVersion is { } number && await versions.FindAsync(caller.Workspace, flow.Slug, number, cancellationToken) is { } version
            && FlowDefinitions.Read(version.Json) is { IsSuccess: true } read ? read.Value : null;
        TakesCalls = published?.Nodes.Any(node => node.Type == "webhook") == true;
        Inputs = published?.Inputs ?? [];
    }

    /// <summary>Stops schedules and webhook from starting runs, or lets them again.</summary>
    public async Task PauseAsync(bool isPaused, CancellationToken cancellationToken)
    {
        await triggers.PauseAsync(caller.Workspace, flow.Id, isPaused, Changer(), cancellationToken);
        await LoadAsync(cancellationToken);
    }

    /// <summary>Makes the webhook, or gives it another secret; <see cref="Secret"/> has it.</summary>
    public async Task RotateAsync(CancellationToken cancellationToken)
    {
        Secret = await triggers.RotateWebhookAsync(caller.Workspace, flow.Id, Changer(), cancellationToken);
        await LoadAsync(cancellationToken);
    }

    /// <summary>Ends the webhook.</summary>
    public async Task RevokeAsync(CancellationToken cancellationToken)
    {
        await triggers.RevokeWebhookAsync(caller.Workspace, flow.Id, Changer(), cancellationToken);
        Secret = null;
        await LoadAsync(cancellationToken);
    }

    /// <summary>Forgets the secret.</summary>
    public void Hide() => Secret = null;

    private UserId Changer() => MayChange ? caller.User!.Value : throw new UnauthorizedAccessException($"This needs {Permissions.FlowsPublish}.");
}
