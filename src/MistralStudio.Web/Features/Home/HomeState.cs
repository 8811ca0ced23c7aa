using MistralStudio.Core.Apps;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Features.Home;

/// <summary>What a person finds when coming back: recent things, what is on its way, models, and first steps; of each only what the caller may see.</summary>
public sealed class HomeState(
    IKnowledgeStore knowledge, IAppStore apps, IConversationStore conversations, IModelHost models, Caller caller, TimeProvider time)
{
    private const int Recent = 8;
    private const int Watched = 200;

    private static readonly TimeSpan s_whileRunning = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_whileIdle = TimeSpan.FromSeconds(10);

    /// <summary>Most recently touched first; null before the first read.</summary>
    public IReadOnlyList<RecentThing>? Things { get; private set; }

    /// <summary>Knowledge bases that take in documents now.</summary>
    public IReadOnlyList<RunningIngestion> Running { get; private set; } = [];

    /// <summary>Models on this machine.</summary>
    public IReadOnlyList<InstalledModel> Models { get; private set; } = [];

    /// <summary>True where a knowledge base has a passage that can be found.</summary>
    public bool HasKnowledge { get; private set; }

    /// <summary>True where the person asked a model something.</summary>
    public bool HasAsked { get; private set; }

    /// <summary>True where an app is open to readers.</summary>
    public bool HasPublished { get; private set; }

    /// <summary>Reads everything again.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var things = new List<RecentThing>();
        if (caller.May(Permissions.KnowledgeRead))
        {
            var bases = (await knowledge.ListBasesAsync(caller.Workspace, null, null, Recent, cancellationToken)).Items;
            HasKnowledge = bases.Any(found => found.Passages > 0);
            Running = await IngestionsAsync(bases, cancellationToken);
            things.AddRange(bases.Select(found => new RecentThing(ThingKind.Knowledge, found.Id.ToString(), found.Name, found.Documents, found.CreatedAt)));
        }

        if (caller.May(Permissions.AppsUse))
        {
            var found = (await apps.ListAsync(caller.Workspace, null, null, Recent, cancellationToken)).Items;
            HasPublished = found.Any(app => app.PublishedVersion is not null);
            things.AddRange(found.Select(app => new RecentThing(ThingKind.App, app.Id.ToString(), app.Name, app.PublishedVersion ?? 0, app.UpdatedAt)));
        }

        if (caller.May(Permissions.ModelsUse) && caller.User is { } user)
        {
            var said = (await conversations.ListAsync(caller.Workspace, user, null, null, null, Recent, cancellationToken)).Items;
            HasAsked = said.Count > 0;
            things.AddRange(said.Select(one => new RecentThing(ThingKind.Conversation, one.Id.ToString(), one.Title, 0, one.UpdatedAt)));
        }

        Models = caller.May(Permissions.ModelsRead) ? [.. models.List().OrderBy(model => model.Task).ThenBy(model => model.Name, StringComparer.CurrentCulture)] : [];
        Things = [.. things.OrderByDescending(thing => thing.At).Take(Recent)];
    }

    /// <summary>Reads again and again, more often while something runs; calls <paramref name="changed"/> when the page has to show it.</summary>
    public async Task WatchAsync(Func<Task> changed, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Running.Count > 0 ? s_whileRunning : s_whileIdle, time, cancellationToken);
            var (things, running, installed) = (Things, Running, Models);
            await RefreshAsync(cancellationToken);
            if (!Things!.SequenceEqual(things ?? []) || !Running.SequenceEqual(running) || !Models.SequenceEqual(installed))
            {
                await changed();
            }
        }
    }

    private async Task<IReadOnlyList<RunningIngestion>> IngestionsAsync(IReadOnlyList<KnowledgeBase> bases, CancellationToken cancellationToken)
    {
        var running = new List<RunningIngestion>();
        foreach (var found in bases.Where(one => one.Documents > 0))
        {
            var newest = await knowledge.ListDocumentsAsync(caller.Workspace, found.Id, null, null, Watched, cancellationToken);
            var working = newest.Items.Where(document => IngestionProgress.IsWorking(document.State)).ToList();
            if (working.Count > 0)
            {
                var share = working.Sum(document => document.Bytes * IngestionProgress.ShareOf(document)) / Math.Max(1, working.Sum(document => document.Bytes));
                running.Add(new RunningIngestion(found.Id.ToString(), found.Name, working.Count, share));
            }
        }

        return running;
    }
}

/// <summary>What a recent thing is.</summary>
public enum ThingKind
{
    Conversation,
    Knowledge,
    App,
}

/// <summary>Something to go on with.</summary>
/// <param name="Figure">Documents of a knowledge base, published version of an app (0 for none).</param>
public sealed record RecentThing(ThingKind Kind, string Id, string Name, int Figure, DateTimeOffset At);

/// <summary>Documents on their way into a base.</summary>
/// <param name="Share">How far those that are on their way have come, 0 to 1.</param>
public sealed record RunningIngestion(string Base, string Name, int Documents, double Share);
