using System.Globalization;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Playground;

/// <summary>The playground of one person: a conversation, what it is asked with, and the ones before.</summary>
public sealed class PlaygroundState : IAsyncDisposable
{
    private const int PastCount = 30;
    private const int MostBases = 500;

    private readonly SemaphoreSlim _opening = new(1);
    private readonly ChatTurns _turns;
    private readonly ConversationLog _log;
    private readonly IModelRouter _models;
    private readonly IKnowledgeStore _knowledge;
    private readonly WorkspaceScope _scope;

    public PlaygroundState(
        ChatTurns turns, IConversationStore conversations, IFeedbackStore feedback, IModelRouter models, IKnowledgeStore knowledge, PlaygroundFiles files,
        WorkspaceScope scope, TimeProvider clock, ILogger logger, Func<CancellationToken, Task<bool>>? stands = null)
    {
        _turns = turns;
        _models = models;
        _knowledge = knowledge;
        _scope = scope;
        _log = new ConversationLog(conversations, scope.Id, scope.Person, app: null, feedback, files.Erasure);
        Chat = new ChatState(turns, _log, scope.Id, clock, logger)
        {
            Stands = stands,
            Files = scope.May(Permissions.KnowledgeSearch) ? new ChatFiles(files.Files, knowledge, files.Intake, scope.Id, scope.Person, clock) : null,
        };
    }

    /// <summary>The conversation.</summary>
    public ChatState Chat { get; }

    /// <summary>Models that may be asked.</summary>
    public IReadOnlyList<ModelChoice> Models { get; private set; } = [];

    /// <summary>Knowledge bases that questions may be looked up in; none where the person may not search.</summary>
    public IReadOnlyList<KnowledgeBase> Bases { get; private set; } = [];

    /// <summary>Those that the next question is looked up in, in the order in which they were picked.</summary>
    public IReadOnlyList<KnowledgeBase> Picked => [.. Chat.Setup.Knowledge.Select(id => Bases.FirstOrDefault(found => found.Id == id)).OfType<KnowledgeBase>()];

    /// <summary>Conversations before, most recent first.</summary>
    public IReadOnlyList<Conversation> Past { get; private set; } = [];

    /// <summary>The model asked, where it is still there.</summary>
    public ModelChoice? Model => Models.FirstOrDefault(model => model.Id == Chat.Setup.Model);

    /// <summary>Reads models and conversations, and opens one; false where it is not there.</summary>
    /// <remarks>One after the other: a link followed while the page still opens must not be undone by what opened first.</remarks>
    public async Task<bool> OpenAsync(ConversationId? id, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            return await OpenNextAsync(id, cancellationToken);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Reads the conversations before anew.</summary>
    public async Task ReadPastAsync(CancellationToken cancellationToken) => Past = (await _log.ListAsync(null, PastCount, cancellationToken)).Items;

    /// <summary>Removes a conversation; true where it was the open one.</summary>
    public async Task<bool> DeleteAsync(ConversationId id, CancellationToken cancellationToken)
    {
        var isOpen = Chat.Conversation?.Id == id;
        await _turns.EndAsync(_log, id);
        if (isOpen)
        {
            await Chat.ClearAsync();
        }

        await _log.DeleteAsync(id, cancellationToken);
        await ReadPastAsync(cancellationToken);
        return isOpen;
    }

    /// <summary>Asks another model from the next message on.</summary>
    public void Choose(string model) => Chat.Setup = Chat.Setup with { Model = model };

    /// <summary>Looks the next question up in a knowledge base as well, or no longer.</summary>
    public void Pick(KnowledgeBaseId id, bool isPicked) => Chat.Setup = Chat.Setup with
    {
        Knowledge = isPicked ? [.. Chat.Setup.Knowledge.Union([id])] : [.. Chat.Setup.Knowledge.Where(picked => picked != id)],
    };

    /// <summary>Changes how much of the knowledge is read.</summary>
    public void Read(KnowledgeReading reading) => Chat.Setup = Chat.Setup with { Reading = reading };

    /// <summary>Changes the system message from the next message on.</summary>
    public void Instruct(string instructions) => Chat.Setup = Chat.Setup with { Instructions = instructions };

    /// <summary>Changes how answers are drawn; what cannot be read stays as it was.</summary>
    public void Draw(Func<GenerationSettings, GenerationSettings> change) => Chat.Setup = Chat.Setup with { Settings = change(Chat.Setup.Settings) };

    /// <summary>A number as a range field gives it, within its bounds; null where it is none.</summary>
    public static float? Number(object? value, float least, float most) =>
        float.TryParse(value as string, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number) ? Math.Clamp(number, least, most) : null;

    /// <summary>A seed as it was typed; null where it is empty or no whole number.</summary>
    public static long? Seed(object? value) =>
        long.TryParse(value as string, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seed) ? seed : null;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Chat.DisposeAsync();

    private async Task<bool> OpenNextAsync(ConversationId? id, CancellationToken cancellationToken)
    {
        var isThere = await ShowNextAsync(id, cancellationToken);
        if (Chat.Files is not null)
        {
            await Chat.Files.OpenAsync(Chat.Conversation?.Id, cancellationToken);
        }

        return isThere;
    }

    private async Task<bool> ShowNextAsync(ConversationId? id, CancellationToken cancellationToken)
    {
        Models = [.. (await _models.ListAsync(_scope.Id, cancellationToken)).Where(model => model.Task == ModelTask.Chat)];
        Bases = _scope.May(Permissions.KnowledgeSearch) ? (await _knowledge.ListBasesAsync(_scope.Id, null, null, MostBases, cancellationToken)).Items : [];
        await ReadPastAsync(cancellationToken);
        if (id is { } wanted)
        {
            return Chat.Conversation?.Id == wanted || await Chat.LoadAsync(wanted, cancellationToken);
        }

        if (Chat.Conversation is not null)
        {
            await Chat.ClearAsync();
        }

        if (Model is null && Models.Count > 0)
        {
            Chat.Setup = Chat.Setup with { Model = Models[0].Id };
        }

        return true;
    }
}

/// <summary>What takes the files of conversations, and removes them.</summary>
public sealed record PlaygroundFiles(IConversationFiles Files, IDocumentIntake Intake, IConversationFileErasure Erasure);
