using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Features.FlowsApi;

namespace MistralStudio.Web.Features.Flows;

/// <summary>The runs of a workspace, a page at a time, and what of them waits for the caller. Driven by the page, or by a test without a browser.</summary>
public sealed class RunListState(IRunStore store, IFlowStore flows, RunDecisions decisions, AccountStore accounts, Caller caller)
{
    /// <summary>Runs on one page.</summary>
    public const int PageSize = 50;

    /// <summary>Questions on one page of what waits.</summary>
    public const int PageOfWaiting = 20;

    private const int MostFlows = 200;

    private readonly Dictionary<FlowId, string> _names = [];
    private Dictionary<UserId, Member> _members = [];
    private string? _after;
    private string? _afterWaiting;
    private int _pages;

    /// <summary>The runs shown, newest first; null before the first read.</summary>
    public IReadOnlyList<RunSummary>? Runs { get; private set; }

    /// <summary>What waits for the caller, of whatever filter, what waits longest first.</summary>
    public IReadOnlyList<OpenQuestion> Waiting { get; private set; } = [];

    /// <summary>True where more waits than is shown.</summary>
    public bool HasMoreWaiting => _afterWaiting is not null;

    /// <summary>Flows that can be chosen, last changed first.</summary>
    public IReadOnlyList<Flow> Flows { get; private set; } = [];

    /// <summary>Which runs are shown.</summary>
    public RunFilter Filter { get; private set; } = new();

    /// <summary>True where more can be shown below.</summary>
    public bool HasMore => _after is not null;

    /// <summary>True where a run on the page goes on by itself.</summary>
    public bool IsBusy => Runs?.Any(run => run.Status == RunStatus.Running) == true;

    /// <summary>True where runs of others are shown, too.</summary>
    public bool SeesAll => caller.May(Permissions.RunsReadAll);

    /// <summary>The name of a run's flow.</summary>
    public string NameOf(RunSummary run) => _names.GetValueOrDefault(run.Flow, "–");

    /// <summary>Who began a run; null where they are no member any more.</summary>
    public Member? WhoBegan(RunSummary run) => _members.GetValueOrDefault(run.StartedBy);

    /// <summary>Reads the first page of what matches, and what waits.</summary>
    /// <param name="filter">Whose runs is not asked: those that the caller may see.</param>
    public async Task FindAsync(RunFilter filter, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(filter);
        Filter = filter with { StartedBy = SeesAll ? null : caller.User };
        Flows = (await flows.ListAsync(caller.Workspace, null, null, MostFlows, cancellationToken)).Items;
        foreach (var found in Flows)
        {
            _names[found.Id] = found.Name;
        }

        _members = (await accounts.ListMembersAsync(caller.Workspace, cancellationToken)).ToDictionary(member => member.User);
        Runs = await ReadAsync(null, cancellationToken);
        _pages = 1;
        await WaitingAsync(cancellationToken);
    }

    /// <summary>Reads the first page again where nothing else is shown; true where anything differs.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (_pages != 1 || (!IsBusy && Waiting.Count == 0))
        {
            return false;
        }

        var before = Runs!;
        Runs = await ReadAsync(null, cancellationToken);
        if (before.SequenceEqual(Runs))
        {
            return false;
        }

        await WaitingAsync(cancellationToken);
        return true;
    }

    /// <summary>A question was answered: it waits no longer, and its run goes on.</summary>
    public async Task AnsweredAsync(OpenQuestion question, CancellationToken cancellationToken)
    {
        Waiting = [.. Waiting.Where(one => one.Bookmark.Id != question.Bookmark.Id)];
        if (_pages == 1)
        {
            Runs = await ReadAsync(null, cancellationToken);
        }
    }

    /// <summary>Reads the next page below the present ones.</summary>
    public async Task MoreAsync(CancellationToken cancellationToken)
    {
        if (_after is not null)
        {
            Runs = [.. Runs ?? [], .. await ReadAsync(_after, cancellationToken)];
            _pages++;
        }
    }

    /// <summary>Reads the next page of what waits below what is shown of it.</summary>
    public async Task MoreWaitingAsync(CancellationToken cancellationToken)
    {
        if (_afterWaiting is not null)
        {
            var page = await decisions.ListAsync(caller, _afterWaiting, PageOfWaiting, cancellationToken);
            (Waiting, _afterWaiting) = ([.. Waiting, .. page.Items], page.After);
            await NameAsync(page.Items.Select(question => question.Run.Flow), cancellationToken);
        }
    }

    /// <summary>How the run of a question came to it; null where that is not for the caller to know.</summary>
    public Task<RunSoFar?> SoFarAsync(OpenQuestion question, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        return decisions.SoFarAsync(caller, question.Run.Id, cancellationToken);
    }

    private async Task WaitingAsync(CancellationToken cancellationToken)
    {
        // As much as was shown before.
        var page = await decisions.ListAsync(caller, null, Math.Max(PageOfWaiting, Waiting.Count), cancellationToken);
        (Waiting, _afterWaiting) = (page.Items, page.After);
        await NameAsync(Waiting.Select(question => question.Run.Flow), cancellationToken);
    }

    private async Task<IReadOnlyList<RunSummary>> ReadAsync(string? after, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(caller.Workspace, Filter, after, PageSize, cancellationToken);
        _after = page.After;
        await NameAsync(page.Items.Select(run => run.Flow), cancellationToken);
        return page.Items;
    }

    private async Task NameAsync(IEnumerable<FlowId> named, CancellationToken cancellationToken)
    {
        foreach (var id in named.Where(id => !_names.ContainsKey(id)).Distinct().ToList())
        {
            if (await flows.FindAsync(caller.Workspace, id, cancellationToken) is { } flow)
            {
                _names[id] = flow.Name;
            }
        }
    }
}
