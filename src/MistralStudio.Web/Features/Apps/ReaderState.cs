using MistralStudio.Core.Apps;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Apps;

/// <summary>An app as its readers get it: always the published version, never the draft.</summary>
public sealed class ReaderState : IAsyncDisposable
{
    private const int PastCount = 20;

    private readonly ConversationLog? _log;
    private Func<CancellationToken, Task<bool>> _stands = _ => Task.FromResult(true);

    private ReaderState(AppVersion version, AppVariables variables, ConversationLog? log, ChatState chat)
    {
        (Version, Variables, _log, Chat) = (version, variables, log, chat);
        Chat.Setup = Setup();
    }

    /// <summary>What is read.</summary>
    public AppVersion Version { get; }

    /// <summary>What the reader fills in before the first question.</summary>
    public AppVariables Variables { get; }

    /// <summary>The conversation.</summary>
    public ChatState Chat { get; }

    /// <summary>The member's conversations with this app; none behind a link.</summary>
    public IReadOnlyList<Conversation> Past { get; private set; } = [];

    /// <summary>True for a member, whose questions are kept.</summary>
    public bool IsKept => _log is not null;

    /// <summary>For a member of the app's workspace.</summary>
    /// <param name="stands">False once they are no longer that.</param>
    public static ReaderState ForMember(
        AppVersion version, AppVariables variables, UserId member, Func<CancellationToken, Task<bool>> stands, IAppStore apps, ChatTurns turns, IConversationStore conversations, IFeedbackStore feedback, TimeProvider clock, ILogger logger)
    {
        var log = new ConversationLog(conversations, version.Workspace, member, version.App, feedback);
        return new ReaderState(version, variables, log, new ChatState(turns, log, version.Workspace, clock, logger)
        {
            Admit = async cancellationToken => variables.Check() is { } missing ? missing : await apps.CheckPublisherAsync(version, cancellationToken),
            Stands = stands,
        });
    }

    /// <summary>For somebody with a link: nothing is kept, and each answer is taken from the link's budget.</summary>
    public static ReaderState ForLink(
        AppVersion version, AppVariables variables, ShareLink link, string token, string address, IAppStore apps, ChatTurns turns, TimeProvider clock, ILogger logger) =>
        new(version, variables, null, new ChatState(turns, null, version.Workspace, clock, logger)
        {
            // The link may have been revoked or rotated, or the version replaced, since the page was opened.
            Admit = async cancellationToken => variables.Check() is { } missing
                ? missing
                : await apps.OpenLinkAsync(token, cancellationToken) is null
                ? AppErrors.LinkEnded()
                : await apps.CheckPublisherAsync(version, cancellationToken) is { Error: { } gone }
                    ? gone
                    : await apps.TakeAnswerAsync(link.Id, address, cancellationToken),
        })
        {
            _stands = async cancellationToken => await apps.OpenLinkAsync(token, cancellationToken) is not null,
        };

    /// <summary>Completes within seconds of the end of the link: revoked, rotated or expired.</summary>
    public async Task WhenEndedAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(StandingRights.Interval, clock);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            if (!await _stands(cancellationToken))
            {
                return;
            }
        }
    }

    /// <summary>Reads the member's conversations.</summary>
    public async Task ReadPastAsync(CancellationToken cancellationToken)
    {
        if (_log is not null)
        {
            Past = (await _log.ListAsync(null, PastCount, cancellationToken)).Items;
        }
    }

    /// <summary>Opens one of them; what it is answered with stays the published version.</summary>
    public async Task OpenAsync(ConversationId id, CancellationToken cancellationToken)
    {
        await Chat.LoadAsync(id, cancellationToken);
        Variables.Take(Chat.Conversation?.Draft?.Values);
        Fill();
    }

    /// <summary>The next answer is made with what is filled in by now.</summary>
    public void Fill() => Chat.Setup = Setup();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Chat.DisposeAsync();

    private ChatSetup Setup() => AppForm.Of(Version.Definition).ToSetup() with { Values = Variables.Values };
}
