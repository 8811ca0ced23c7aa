using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Playground.Columns;

namespace MistralStudio.Web.Features.Playground;

/// <content>How many conversations stand side by side, what each is asked with, and how all of it is kept.</content>
public sealed partial class PlaygroundState
{
    /// <summary>True where answers are shown without names until one is preferred; with one column there is nothing to hide.</summary>
    public bool IsBlind => _kept.IsBlind && _columns.Count > 1;

    /// <summary>How often each was preferred.</summary>
    public IReadOnlyList<TallyLine> Preferred => Tally.Count(_kept.Preferences);

    /// <summary>Shows as many conversations side by side; a new one begins with what the first has said.</summary>
    public async Task ShowColumnsAsync(int count, CancellationToken cancellationToken)
    {
        if (IsBusy || count is < 1 or > ConversationDraft.MostColumns)
        {
            return;
        }

        await CloseAsync(count);
        await WidenAsync(count, cancellationToken);
        _kept = _kept with { Columns = count };
        Touch();
        Tell();
    }

    /// <summary>Hides names until an answer is preferred, or no longer.</summary>
    public void Blind(bool isBlind)
    {
        _kept = _kept with { IsBlind = isBlind };
        Touch();
        Tell();
    }

    /// <summary>What somebody preferred among the answers of a turn; null where nothing was said.</summary>
    public Preference? PreferenceOf(PlaygroundTurn turn) => _kept.Preferences.LastOrDefault(preference => preference.Question == turn.Question.Id);

    /// <summary>True while the names of a turn's answers are hidden.</summary>
    public bool HidesNames(PlaygroundTurn turn) => IsBlind && PreferenceOf(turn) is null;

    /// <summary>The columns of a turn in the order in which they are shown.</summary>
    public IReadOnlyList<int> OrderOf(PlaygroundTurn turn) => IsBlind ? BlindOrder.Of(turn.Question.Id, _columns.Count) : [.. Enumerable.Range(0, _columns.Count)];

    /// <summary>Notes which answer of a turn is better; null: none. It is said once, before the names are known.</summary>
    public void Prefer(PlaygroundTurn turn, PlaygroundColumn? winner)
    {
        if (!HidesNames(turn))
        {
            return;
        }

        var losers = _columns.Where(column => column != winner).Select(column => column.Name);
        _kept = _kept with { Preferences = [.. _kept.Preferences, new Preference(turn.Question.Id, [.. losers], winner?.Name, winner is null ? null : _columns.IndexOf(winner))] };
        Touch();
        Tell();
    }

    /// <summary>Asks a column with a prompt version from the next message on; null: with the draft.</summary>
    public async Task AskWithAsync(PlaygroundColumn column, string? prompt, CancellationToken cancellationToken)
    {
        column.Ask(prompt, prompt is null ? PromptContent.Empty : await FindPromptAsync(prompt, cancellationToken));
        Touch();
    }

    /// <summary>Opens a prompt version as the draft, with its model and settings.</summary>
    public async Task<Error?> TakePromptAsync(string prompt, CancellationToken cancellationToken)
    {
        var found = await FindPromptAsync(prompt, cancellationToken);
        if (found.IsSuccess)
        {
            var content = found.Value;
            if (content.Images.Any() && (await Chat.BeginAsync(ModelReference.TryParse(prompt, out var named) ? named.Name : prompt, cancellationToken) is not { } lead || await OwnAsync(lead, content.Images, cancellationToken) is not null))
            {
                return ImageErrors.Gone();
            }

            Draft.Take(content, prompt);
            _columns.ForEach(column => column.Draw(_ => content.Settings));
            Chat.Setup = Chat.Setup with { Knowledge = content.Knowledge, Reading = content.Reading };
            if (Models.Any(model => model.Id == content.Model))
            {
                await ChooseAsync(_columns[0], content.Model, cancellationToken);
            }
        }

        return found.Error;
    }

    /// <summary>The draft as the first column asks it: what a version of it would hold.</summary>
    public PromptContent ToVersion()
    {
        var (content, setup) = (Draft.Content, Chat.Setup);
        var named = PromptTemplates.Names(content);
        return content with
        {
            Messages = [.. content.Messages.Where(message => !message.IsEmpty)],
            Variables = [.. content.Variables.Where(variable => named.Contains(variable.Name, StringComparer.Ordinal))],
            Model = setup.Model,
            Settings = setup.Settings,
            Knowledge = setup.Knowledge,
            Reading = setup.Reading,
        };
    }

    /// <summary>True where the draft is no longer the version that it began as.</summary>
    public bool IsChanged => Draft.OriginHash is { } hash && hash != PromptJson.Hash(ToVersion());

    private async Task<Result<PromptContent>> FindPromptAsync(string prompt, CancellationToken cancellationToken) =>
        _services.Prompts is { } prompts && ModelReference.TryParse(prompt, out var reference)
            ? await prompts(_scope.Id, reference, cancellationToken)
            : ModelErrors.NotFound(prompt, []);

    private PlaygroundColumn Add()
    {
        var isFirst = _columns.Count == 0;
        var chat = new ChatState(_services.Turns, _log, _scope.Id, _services.Clock, _logger)
        {
            Stands = _services.Stands,
            Files = _scope.May(Permissions.KnowledgeSearch)
                ? isFirst ? new ChatFiles(_services.Files.Files, _services.Knowledge, _services.Files.Intake, _scope.Id, _scope.Person, _services.Clock) : Chat.Files
                : null,
        };
        chat.Changed += Tell;
        var column = new PlaygroundColumn(chat);
        _columns.Add(column);
        return column;
    }

    private async Task CloseAsync(int count)
    {
        while (_columns.Count > count)
        {
            var last = _columns[^1];
            _columns.RemoveAt(_columns.Count - 1);
            last.Chat.Changed -= Tell;
            if (last.Chat.Conversation is { } conversation)
            {
                _spare.Insert(0, conversation.Id);
            }

            await last.DisposeAsync();
        }
    }

    private async Task WidenAsync(int count, CancellationToken cancellationToken)
    {
        while (_columns.Count < count)
        {
            var column = Add();
            if (_spare is [var spare, ..])
            {
                _spare.RemoveAt(0);
                if (await column.Chat.LoadAsync(spare, cancellationToken))
                {
                    await AskWithAsync(column, column.Chat.Conversation!.Draft?.ColumnPrompt, cancellationToken);
                }
            }
            else
            {
                // Another model than those that are there, where there is one.
                var other = Models.FirstOrDefault(model => !_columns.Exists(known => known != column && known.Chat.Setup.Model == model.Id));
                column.Chat.Setup = Chat.Setup with { Model = other?.Id ?? Chat.Setup.Model };
            }

            await LineUpAsync(column, cancellationToken);
        }
    }

    /// <summary>Gives a column the turns of the first one that it does not have.</summary>
    private async Task LineUpAsync(PlaygroundColumn column, CancellationToken cancellationToken)
    {
        if (column.Chat == Chat || Chat.Conversation is not { } lead)
        {
            return;
        }

        column.Chat.Beside = lead.Id;
        var (first, own) = (Questions(Chat), Questions(column.Chat));
        // Columns with a prompt of their own ask in their own words.
        var same = column.Prompt is not null ? Math.Min(first.Count, own.Count) : first.Zip(own).TakeWhile(pair => pair.First == pair.Second).Count();
        if (same < first.Count)
        {
            await column.Chat.BeginAsync(lead.Title, cancellationToken);
            await column.Chat.TakeOverAsync(Chat, same, cancellationToken);
        }
    }

    private static List<string> Questions(ChatState chat) => [.. chat.Thread.Where(entry => entry.Role == MessageRole.User).Select(entry => $"{entry.Text}\0{string.Join(',', entry.Images.Select(image => image.Sha256))}")];

    private void Touch()
    {
        var (draft, columns) = (Draft.ToDraft(_kept), _columns.ToArray());
        _saving.Later(stop => KeepAsync(draft, columns, stop));
    }

    private async Task KeepAsync(ConversationDraft draft, PlaygroundColumn[] columns, CancellationToken cancellationToken)
    {
        var chat = columns[0].Chat;
        if (chat.Conversation is null)
        {
            // What is typed into an empty page is kept as soon as there is something to find it by.
            var words = draft.Content.Messages.Select(message => message.Text).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text));
            if (words is null || await chat.BeginAsync(words, cancellationToken) is null)
            {
                return;
            }
        }

        var lead = chat.Conversation!;
        await OwnAsync(lead.Id, draft.Content.Images, cancellationToken);
        await KeepAsync(lead.Id, chat.Setup, draft with { ColumnPrompt = columns[0].Prompt }, cancellationToken);
        foreach (var column in columns.Skip(1))
        {
            column.Chat.Beside ??= lead.Id;
            if (await column.Chat.BeginAsync(lead.Title, cancellationToken) is { } id)
            {
                await KeepAsync(id, column.Chat.Setup, new ConversationDraft { ColumnPrompt = column.Prompt }, cancellationToken);
            }
        }
    }

    private Task KeepAsync(ConversationId id, ChatSetup setup, ConversationDraft draft, CancellationToken cancellationToken) => _log.ChangeAsync(
        id, new ConversationChange(Model: setup.Model, Settings: setup.Settings, Knowledge: setup.Knowledge, Reading: setup.Reading) { Draft = draft }, cancellationToken);
}
