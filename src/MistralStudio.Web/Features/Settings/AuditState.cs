using MistralStudio.Core.Audit;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Settings;

/// <summary>The audit log of a workspace as far as it was asked for. Driven by the page, or by a test without a browser.</summary>
public sealed class AuditState(IAuditLog log, AccountStore accounts, WorkspaceScope scope, TimeProvider time)
{
    private const int PageOfEntries = 50;

    private readonly List<AuditEntry> _entries = [];
    private Dictionary<UserId, Member> _members = [];
    private string? _after;
    private bool _isRead;

    /// <summary>What actions begin with, in the order in which they are offered.</summary>
    public static IReadOnlyList<string> Areas { get; } =
        ["key", "member", "invite", "app", "flow", "run", "link", "document", "knowledge", "connection", "egress", "data", "model", "audit"];

    /// <summary>Days that may be looked back; 0 for all.</summary>
    public static IReadOnlyList<int> Periods { get; } = [7, 30, 365, 0];

    /// <summary>Entries read so far, newest first; null before <see cref="LoadAsync"/>.</summary>
    public IReadOnlyList<AuditEntry>? Entries => _isRead ? _entries : null;

    /// <summary>True where older ones can be asked for.</summary>
    public bool HasMore => _after is not null;

    /// <summary>Members of the workspace by name, for choosing one.</summary>
    public IReadOnlyList<Member> People { get; private set; } = [];

    /// <summary>What the last check found; null before it.</summary>
    public AuditCheck? Check { get; private set; }

    /// <summary>Part of a person's name, of an action, a subject or a detail.</summary>
    public string Search { get; set; } = "";

    /// <summary>Days to look back; 0 for all.</summary>
    public int Days { get; set; } = 30;

    /// <summary>The person whose doings are shown; null for anyone's.</summary>
    public UserId? By { get; set; }

    /// <summary>One of <see cref="Areas"/>; empty for any.</summary>
    public string Area { get; set; } = "";

    /// <summary>True where something narrows the list.</summary>
    public bool IsNarrowed => Search.Length > 0 || Days > 0 || By is not null || Area.Length > 0;

    /// <summary>Reads the newest entries that the filters let through.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        if (!scope.May(Permissions.AuditRead))
        {
            return;
        }

        People = [.. (await accounts.ListMembersAsync(scope.Id, cancellationToken)).OrderBy(member => member.DisplayName, StringComparer.CurrentCultureIgnoreCase)];
        _members = People.ToDictionary(member => member.User);
        _entries.Clear();
        _after = null;
        await ReadAsync(cancellationToken);
    }

    /// <summary>Reads older ones.</summary>
    public Task MoreAsync(CancellationToken cancellationToken) => HasMore ? ReadAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Follows the chain of hashes.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        Check = null;
        Check = scope.May(Permissions.AuditRead) ? await log.CheckAsync(scope.Id, cancellationToken) : null;
    }

    /// <summary>The member who did it; null for the operator, and for who is no member any more.</summary>
    public Member? WhoDid(AuditEntry entry) => entry.By is { } by ? _members.GetValueOrDefault(by) : null;

    /// <summary>Of what, for a person: ids of people become their names, in so far as they are members still.</summary>
    public string SubjectOf(AuditEntry entry) =>
        Guid.TryParse(entry.Subject, out var id) ? _members.GetValueOrDefault(new UserId(id))?.DisplayName ?? "" : entry.Subject;

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        // A name is a person's; the log knows them by id.
        var query = new AuditQuery
        {
            Search = Search,
            Named = Search.Length == 0 ? [] : [.. People.Where(member => member.DisplayName.Contains(Search, StringComparison.CurrentCultureIgnoreCase)).Select(member => member.User)],
            By = By,
            Area = Area,
            Since = Days > 0 ? time.GetUtcNow().AddDays(-Days) : null,
        };
        var page = await log.ListAsync(scope.Id, query, _after, PageOfEntries, cancellationToken);
        _entries.AddRange(page.Items);
        _after = page.After;
        _isRead = true;
    }
}
