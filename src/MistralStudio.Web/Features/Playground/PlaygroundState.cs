using System.Globalization;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Chat.ToolCalls;
using MistralStudio.Web.Features.Playground.Columns;
using MistralStudio.Web.Features.Playground.Drafts;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Playground;

/// <summary>The playground of one person: a prompt in the making, one to four conversations that it is tried in, and the ones before.</summary>
public sealed partial class PlaygroundState : IAsyncDisposable
{
    private const int PastCount = 50;
    private const int MostBases = 500;

    private readonly SemaphoreSlim _opening = new(1);
    private readonly List<PlaygroundColumn> _columns = [];
    private readonly PlaygroundServices _services;
    private readonly WorkspaceScope _scope;
    private readonly ConversationLog _log;
    private readonly ILogger _logger;
    private readonly DraftSaving _saving;

    // Conversations beside the first that were closed: they come back when there are as many columns again.
    private List<ConversationId> _spare = [];

    // What is kept beside the draft itself.
    private ConversationDraft _kept = new();

    public PlaygroundState(PlaygroundServices services, WorkspaceScope scope, ILogger logger)
    {
        (_services, _scope, _logger) = (services, scope, logger);
        _log = new ConversationLog(services.Conversations, scope.Id, scope.Person, app: null, services.Feedback, services.Files.Erasure);
        Allowance = new ToolAllowance(scope.May);
        Tokens = new TokenCounts(services.Models, services.Host, scope.Id);
        _saving = new DraftSaving(services.Clock, logger);
        _saving.Changed += Tell;
        Add();
        Draft.Open(_kept);
        Draft.Changed += Touch;
        Draft.Changed += ForgetFilled;
        Images.Changed += Tell;
    }

    /// <summary>Raised when something on the page changed; from any thread.</summary>
    public event Action? Changed;

    /// <summary>The conversations that are shown, first to last.</summary>
    public IReadOnlyList<PlaygroundColumn> Columns => _columns;

    /// <summary>The first of them: it has the address, the title, the files and the draft.</summary>
    public ChatState Chat => _columns[0].Chat;

    /// <summary>The prompt in the making.</summary>
    public DraftState Draft { get; } = new();

    /// <summary>Counts tokens as the first column's model does.</summary>
    public TokenCounts Tokens { get; }

    /// <summary>How the page stands with the store.</summary>
    public SaveState Saved => _saving.State;

    /// <summary>Models that may be asked.</summary>
    public IReadOnlyList<ModelChoice> Models { get; private set; } = [];

    /// <summary>Versions of prompts that a column may be asked with.</summary>
    public IReadOnlyList<PromptChoice> Prompts { get; private set; } = [];

    /// <summary>Knowledge bases that questions may be looked up in; none where the person may not search.</summary>
    public IReadOnlyList<KnowledgeBase> Bases { get; private set; } = [];

    /// <summary>Those that the next question is looked up in, in the order in which they were picked.</summary>
    public IReadOnlyList<KnowledgeBase> Picked => [.. Chat.Setup.Knowledge.Select(id => Bases.FirstOrDefault(found => found.Id == id)).OfType<KnowledgeBase>()];

    /// <summary>Conversations before, most recent first.</summary>
    public IReadOnlyList<Conversation> Past { get; private set; } = [];

    /// <summary>What they were searched for; empty for all.</summary>
    public string Search { get; private set; } = "";

    /// <summary>What the models may call without asking; of this page alone.</summary>
    public ToolAllowance Allowance { get; }

    /// <summary>True where a column is asked with tools.</summary>
    public bool HasTools => Draft.Content.Tools.Count > 0 || _columns.Exists(column => column.Version?.Tools.Count > 0);

    /// <summary>Has every call wait for the person, or only those of tools that do something.</summary>
    public void Decide(bool stepByStep)
    {
        Allowance.StepByStep = stepByStep;
        Tell();
    }

    /// <summary>How long answers work with tools.</summary>
    public ToolLimits Limits => _kept.Limits;

    /// <summary>Changes how long answers work with tools; what is out of bounds becomes the nearest that is not.</summary>
    public void Limit(int steps, TimeSpan result)
    {
        var most = TimeSpan.FromTicks(Math.Clamp(result.Ticks, TimeSpan.TicksPerSecond, ToolLimits.ResultBound.Ticks));
        _kept = _kept with { Limits = _kept.Limits with { MostSteps = Math.Clamp(steps, 1, ToolLimits.StepsBound), Result = most } };
        Touch();
        Tell();
    }

    /// <summary>True where the models are asked how sure they are of each token.</summary>
    public bool AsksConfidence { get; set; }

    /// <summary>The last words of the first column; null where it has not answered.</summary>
    public string? LastAnswer => Chat.Thread.LastOrDefault(entry => entry is { Role: MessageRole.Assistant, IsLive: false })?.Text;

    /// <summary>True where members of the workspace may read the conversation.</summary>
    public bool IsShared { get; private set; }

    /// <summary>The settings that the columns share.</summary>
    public GenerationSettings Shared => Draft.Content.Settings;

    /// <summary>A model as the chooser has it; null where it is gone.</summary>
    public ModelChoice? ModelOf(PlaygroundColumn column) => Models.FirstOrDefault(model => model.Id == column.Chat.Setup.Model);

    /// <summary>Reads models and conversations, and opens one; false where it is not there.</summary>
    /// <remarks>One after the other: a link followed while the page still opens must not be undone by what opened first.</remarks>
    public async Task<bool> OpenAsync(ConversationId? id, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            var isThere = await OpenNextAsync(id, cancellationToken);
            await Tokens.ChooseAsync(Chat.Setup.Model, cancellationToken);
            if (Chat.Files is not null)
            {
                await Chat.Files.OpenAsync(Chat.Conversation?.Id, cancellationToken);
            }

            return isThere;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Shows the conversations before whose titles hold a text.</summary>
    public Task SearchAsync(string text, CancellationToken cancellationToken)
    {
        Search = text;
        return ReadPastAsync(cancellationToken);
    }

    /// <summary>Reads the conversations before anew.</summary>
    public async Task ReadPastAsync(CancellationToken cancellationToken) =>
        Past = (await _log.ListAsync(Search.Length == 0 ? null : Search, PastCount, cancellationToken)).Items;

    /// <summary>Calls a conversation something else.</summary>
    public async Task RenameAsync(ConversationId id, string title, CancellationToken cancellationToken)
    {
        if (title.Trim() is { Length: > 0 } && ConversationLog.Title(title) is var name && await _log.ChangeAsync(id, new ConversationChange(name), cancellationToken))
        {
            if (Chat.Conversation?.Id == id)
            {
                Chat.Rename(name);
            }

            await ReadPastAsync(cancellationToken);
        }
    }

    /// <summary>Removes a conversation with those beside it; true where it was the open one.</summary>
    public async Task<bool> DeleteAsync(ConversationId id, CancellationToken cancellationToken)
    {
        foreach (var ended in (await _log.ListBesideAsync(id, cancellationToken)).Select(beside => beside.Id).Prepend(id))
        {
            await _services.Turns.EndAsync(_log, ended);
        }

        var isOpen = Chat.Conversation?.Id == id;
        if (isOpen)
        {
            await StartAnewAsync();
            _lastLead = null;
            Draft.ForgetImages();
        }

        await _log.DeleteAsync(id, cancellationToken);
        await ReadPastAsync(cancellationToken);
        return isOpen;
    }

    /// <summary>Lets the members of the workspace read the conversation, or no longer; false where there is none yet.</summary>
    public async Task<bool> ShareAsync(bool isShared, CancellationToken cancellationToken)
    {
        await _saving.FlushAsync();
        if (Chat.Conversation is not { } conversation || !await _log.ChangeAsync(conversation.Id, new ConversationChange { IsShared = isShared }, cancellationToken))
        {
            return false;
        }

        IsShared = isShared;
        return true;
    }

    /// <summary>Asks another model from the next message on.</summary>
    public async Task ChooseAsync(PlaygroundColumn column, string model, CancellationToken cancellationToken)
    {
        column.Choose(model);
        Touch();
        if (column == _columns[0])
        {
            await Tokens.ChooseAsync(model, cancellationToken);
        }
    }

    /// <summary>Changes how answers are drawn, in one column, or with null in all; what cannot be read stays as it was.</summary>
    public void Draw(PlaygroundColumn? only, Func<GenerationSettings, GenerationSettings> change)
    {
        if (only is null)
        {
            Draft.Change(content => content with { Settings = change(content.Settings) });
        }

        _columns.FindAll(column => only is null || column == only).ForEach(column => column.Draw(change));
        Touch();
    }

    /// <summary>Looks the next question up in a knowledge base as well, or no longer.</summary>
    public void Pick(KnowledgeBaseId id, bool isPicked) => Look(setup => setup with
    {
        Knowledge = isPicked ? [.. setup.Knowledge.Union([id])] : [.. setup.Knowledge.Where(picked => picked != id)],
    });

    /// <summary>Changes how much of the knowledge is read.</summary>
    public void Read(KnowledgeReading reading) => Look(setup => setup with { Reading = reading });

    /// <summary>Keeps at once what was changed.</summary>
    public Task SaveAsync() => _saving.FlushAsync();

    /// <summary>A number as a range field gives it, within its bounds; null where it is none.</summary>
    public static float? Number(object? value, float least, float most) =>
        float.TryParse(value as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number) ? Math.Clamp(number, least, most) : null;

    /// <summary>A seed as it was typed; null where it is empty or no whole number.</summary>
    public static long? Seed(object? value) =>
        long.TryParse(value as string, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed) ? seed : null;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Images.Changed -= Tell;
        await _saving.DisposeAsync();
        foreach (var column in _columns)
        {
            column.Chat.Changed -= Tell;
            await column.DisposeAsync();
        }
    }

    private async Task<bool> OpenNextAsync(ConversationId? id, CancellationToken cancellationToken)
    {
        Models = [.. (await _services.Models.ListAsync(_scope.Id, cancellationToken)).Where(model => model.Task == ModelTask.Chat)];
        Bases = _scope.May(Permissions.KnowledgeSearch) ? (await _services.Knowledge.ListBasesAsync(_scope.Id, null, null, MostBases, cancellationToken)).Items : [];
        Prompts = _services.ListPrompts is { } prompts ? await prompts(_scope.Id, cancellationToken) : [];
        await ReadPastAsync(cancellationToken);
        if (id is { } wanted)
        {
            return Chat.Conversation?.Id == wanted || await LoadAsync(wanted, cancellationToken);
        }

        if (Chat.Conversation is not null)
        {
            await StartAnewAsync();
        }

        if (ModelOf(_columns[0]) is null && Models.Count > 0)
        {
            _columns[0].Choose(Models[0].Id);
        }

        return true;
    }

    private async Task<bool> LoadAsync(ConversationId wanted, CancellationToken cancellationToken)
    {
        await _saving.FlushAsync();
        // An address of one that stands beside another leads to that other.
        if (await _log.FindAsync(wanted, cancellationToken) is not { } found || !await Chat.LoadAsync(found.Beside ?? wanted, cancellationToken))
        {
            return false;
        }

        Images.Clear();
        _edited.Clear();
        var conversation = Chat.Conversation!;
        _kept = conversation.Draft ?? Begun(conversation);
        IsShared = conversation.SharedAt is not null;
        Draft.Open(_kept);
        await CloseAsync(1);
        _spare = [.. (await _log.ListBesideAsync(conversation.Id, cancellationToken)).Select(beside => beside.Id)];
        await AskWithAsync(_columns[0], _kept.ColumnPrompt, cancellationToken);
        await WidenAsync(_kept.Columns, cancellationToken);
        Tell();
        return true;
    }

    // The prompt and the columns stay: the next conversation tries the same again.
    private async Task StartAnewAsync()
    {
        await _saving.FlushAsync();
        Images.Clear();
        _edited.Clear();
        _lastLead = Chat.Conversation?.Id ?? _lastLead;
        foreach (var column in _columns)
        {
            await column.Chat.ClearAsync();
            column.Chat.Beside = null;
        }

        (_spare, IsShared, _kept) = ([], false, _kept with { Preferences = [] });
        Tell();
    }

    private void Look(Func<ChatSetup, ChatSetup> change)
    {
        Chat.Setup = change(Chat.Setup);
        Draft.Change(content => content with { Knowledge = Chat.Setup.Knowledge, Reading = Chat.Setup.Reading });
    }

    // A conversation that was begun before there were drafts.
    private static ConversationDraft Begun(Conversation conversation) => new()
    {
        Content = new PromptContent
        {
            Messages = conversation.Instructions.Length > 0 ? [new(MessageRole.System, conversation.Instructions)] : [],
            Model = conversation.Model,
            Settings = conversation.Settings,
            Knowledge = conversation.Knowledge,
            Reading = conversation.Reading,
        },
    };

    private void Tell() => Changed?.Invoke();
}
