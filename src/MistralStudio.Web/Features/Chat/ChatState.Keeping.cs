using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Chat;

/// <content>How a conversation is kept: opened, begun, taken over, called, rated.</content>
public sealed partial class ChatState
{
    private readonly SemaphoreSlim _beginning = new(1, 1);

    /// <summary>Opens a kept conversation; false where it is not this person's.</summary>
    public async Task<bool> LoadAsync(ConversationId id, CancellationToken cancellationToken)
    {
        if (log is null || await log.FindAsync(id, cancellationToken) is not { } conversation)
        {
            return false;
        }

        await LeaveAsync();
        var turn = turns.Find(log, id);
        Conversation = conversation;
        Setup = ChatSetup.Of(conversation);
        _heard = conversation.Heard;
        Beside = conversation.Beside;
        _tree.Clear();
        foreach (var message in (await log.ReadAsync(id, cancellationToken)).Where(message => message.Role != MessageRole.System && message.Id != turn?.Answer.Id))
        {
            _tree.Add(new ChatEntry(message));
        }

        Error = null;
        // What was read of an answer in the making is less than what it is by now.
        if (turn is not null)
        {
            Attach(turn);
        }

        Relay();
        return true;
    }

    /// <summary>
    /// Takes over the turns of another conversation from one on, as copies that keep who made them, so that both have as many; the turns of its own
    /// that stood there stay as the branch beside.
    /// </summary>
    /// <param name="from">The first turn that is taken over, from 0.</param>
    public async Task TakeOverAsync(ChatState other, int from, CancellationToken cancellationToken)
    {
        if (log is null || Conversation is not { } conversation || IsBusy)
        {
            return;
        }

        var questions = Thread.Select((entry, i) => (entry, i)).Where(found => found.entry.Role == MessageRole.User).ToList();
        var parent = from < questions.Count ? questions[from].entry.Parent : Thread.Count > 0 ? Thread[^1].Id : (MessageId?)null;
        var (turn, copies) = (-1, new List<ChatEntry>());
        foreach (var entry in other.Thread.TakeWhile(entry => !entry.IsLive))
        {
            turn += entry.Role == MessageRole.User ? 1 : 0;
            if (turn >= from)
            {
                copies.Add(new ChatEntry(entry.ToMessage(conversation.Id) with { Id = MessageId.New(), Parent = parent, Feedback = null }));
                parent = copies[^1].Id;
            }
        }

        if (copies.Count > 0 && await log.AppendAsync(conversation.Id, [.. copies.Select(copy => copy.ToMessage(conversation.Id))], cancellationToken))
        {
            _heard = [.. _heard.Union(other._heard)];
            await log.UpdateAsync(conversation.Id, Setup, _heard, cancellationToken);
            copies.ForEach(_tree.Add);
            copies.ForEach(_tree.Choose);
            Relay();
        }
    }

    /// <summary>Makes the conversation that a file is put into before anything was said; null where nothing is kept.</summary>
    /// <param name="title">What it is called until there is a question.</param>
    public async Task<ConversationId?> BeginAsync(string title, CancellationToken cancellationToken)
    {
        if (Conversation is null && log is not null)
        {
            await CreateAsync(log, title, cancellationToken);
            Changed?.Invoke();
        }

        return Conversation?.Id;
    }

    /// <summary>It is called something else now.</summary>
    internal void Rename(string title) => Conversation = Conversation is null ? null : Conversation with { Title = title };

    /// <summary>True where people may say what they think of an answer: somebody must be there to read it later.</summary>
    public bool MayRate => log?.TakesFeedback == true;

    /// <summary>Keeps what the person thinks of an answer, with the passages that it was given; null takes it back.</summary>
    public async Task RateAsync(ChatEntry answer, AnswerFeedback? feedback, CancellationToken cancellationToken)
    {
        if (log is not null && Conversation is not null && !answer.IsLive && await log.RateAsync(Conversation.Id, answer.Id, feedback, cancellationToken))
        {
            answer.Feedback = feedback;
            Changed?.Invoke();
        }
    }

    private async Task<Error?> CommitQuestionAsync(ChatEntry question, CancellationToken cancellationToken)
    {
        if (log is null)
        {
            return null;
        }

        // One of images alone is called by them.
        var name = question is { Text.Length: 0, Images: [var image, ..] } ? image.Name : question.Text;
        try
        {
            if (Conversation is null)
            {
                await CreateAsync(log, name, cancellationToken);
            }
            else
            {
                await log.UpdateAsync(Conversation.Id, Setup, [], cancellationToken, _tree.IsEmpty ? name : null);
                if (_tree.IsEmpty)
                {
                    // Until now it was called by what was put into it.
                    Rename(ConversationLog.Title(name));
                }
            }

            return await log.AppendAsync(question.ToMessage(Conversation!.Id), cancellationToken) ? null : ChatErrors.Gone();
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            logger.MessageNotKept(fault);
            return ChatErrors.QuestionNotKept();
        }
    }

    // Files that are dropped together, and a question beside them, begin one conversation.
    private async Task CreateAsync(ConversationLog log, string title, CancellationToken cancellationToken)
    {
        await _beginning.WaitAsync(cancellationToken);
        try
        {
            Conversation ??= await log.CreateAsync(title, Setup, Beside, cancellationToken);
        }
        finally
        {
            _beginning.Release();
        }
    }
}
