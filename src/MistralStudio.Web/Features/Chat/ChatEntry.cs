using System.Text;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Chat.Confidence;
using MistralStudio.Web.Features.Chat.ToolCalls;

namespace MistralStudio.Web.Features.Chat;

/// <summary>Where an answer stands.</summary>
public enum AnswerPhase
{
    /// <summary>Passages are being looked up.</summary>
    Searching,

    /// <summary>The model reads the prompt.</summary>
    Reading,

    /// <summary>Text arrives.</summary>
    Writing,

    /// <summary>It ended, well or not.</summary>
    Ended,
}

/// <summary>One message of the thread on screen; an answer in the making changes until it ends and is then committed.</summary>
public sealed class ChatEntry
{
    private readonly StringBuilder _text = new();
    private readonly List<TokenConfidence> _confidence = [];
    private readonly List<TokenLogprob> _pending = [];
    private string? _read;

    internal ChatEntry(MessageId id, MessageId? parent, MessageRole role, DateTimeOffset createdAt) => (Id, Parent, Role, CreatedAt) = (id, parent, role, createdAt);

    internal ChatEntry(Message message)
        : this(message.Id, message.Parent, message.Role, message.CreatedAt)
    {
        _text.Append(message.Text);
        Phase = AnswerPhase.Ended;
        State = message.State;
        Images = message.Images;
        Model = message.Model;
        Usage = message.Usage;
        Timings = message.Timings;
        Citations = message.Citations;
        Given = message.Given;
        Tools = message.Tools;
        Check = message.Check;
        _confidence.AddRange(message.Confidence);
        Form = message.Check?.Schema;
        Feedback = message.Feedback;
        Error = message.Error;
    }

    /// <summary>Raised when something of it changed, with each token; from any thread. Pages pace what they make of it.</summary>
    public event Action? Changed;

    public MessageId Id { get; }

    public MessageId? Parent { get; }

    public MessageRole Role { get; }

    public DateTimeOffset CreatedAt { get; }

    public AnswerPhase Phase { get; internal set; }

    public MessageState State { get; internal set; }

    /// <summary>Images that the person showed with it.</summary>
    public IReadOnlyList<MessageImage> Images { get; } = [];

    public string? Model { get; internal set; }

    public TokenUsage? Usage { get; internal set; }

    public TurnTimings? Timings { get; internal set; }

    public IReadOnlyList<Citation> Citations { get; internal set; } = [];

    /// <summary>Passages that the model was given, best first.</summary>
    public IReadOnlyList<GivenPassage> Given { get; internal set; } = [];

    /// <summary>Calls of tools inside it, in order.</summary>
    public IReadOnlyList<ToolUse> Tools { get; private set; } = [];

    /// <summary>Where its calls wait for a person; null where it has no tools, and after a reload.</summary>
    public ToolDesk? Desk { get; internal init; }

    /// <summary>What the schema is called that it was asked to follow; null for words.</summary>
    public string? Form { get; internal init; }

    /// <summary>Whether it follows its schema; null where it has none, and before its end.</summary>
    public AnswerCheck? Check { get; internal set; }

    /// <summary>How sure the model was of each piece; empty where nobody asked, and before its end.</summary>
    public IReadOnlyList<TokenConfidence> Confidence => IsLive ? [] : _confidence;

    /// <summary>What the person thought of it; null where they did not say.</summary>
    public AnswerFeedback? Feedback { get; internal set; }

    /// <summary>True where knowledge was searched for it, also after a reload.</summary>
    public bool WasSearched => Given.Count > 0 || Timings is { RetrievalMs: > 0 };

    /// <summary>How long they took to find, ms.</summary>
    public double SearchMs { get; internal set; }

    public Error? Error { get; internal set; }

    /// <summary>True where the answer ended at its token limit; known only until a reload.</summary>
    public bool IsCut { get; internal set; }

    /// <summary>True while it is being made.</summary>
    public bool IsLive => Phase != AnswerPhase.Ended;

    /// <summary>The text so far.</summary>
    public string Text
    {
        get
        {
            lock (_text)
            {
                return _read ??= _text.ToString();
            }
        }
    }

    /// <summary>Characters of <see cref="Text"/>.</summary>
    internal int Length
    {
        get
        {
            lock (_text)
            {
                return _text.Length;
            }
        }
    }

    internal void Append(string piece)
    {
        lock (_text)
        {
            _text.Append(piece);
            _read = null;
        }
    }

    /// <summary>A call came, or came further.</summary>
    internal void Take(ToolUse use)
    {
        var known = Tools.Any(one => one.Id == use.Id && one.Round == use.Round);
        Tools = known ? [.. Tools.Select(one => one.Id == use.Id && one.Round == use.Round ? use : one)] : [.. Tools, use];
    }

    /// <summary>The model said how sure it was.</summary>
    internal void Take(IReadOnlyList<TokenLogprob> tokens)
    {
        if (_confidence.Count < ConfidenceSpans.Most)
        {
            _confidence.AddRange(ConfidenceSpans.Of(tokens, _pending));
        }
    }

    internal void Notify() => Changed?.Invoke();

    internal Message ToMessage(ConversationId conversation) => new()
    {
        Id = Id,
        Conversation = conversation,
        Parent = Parent,
        Role = Role,
        Text = Text,
        State = State,
        Images = Images,
        Model = Model,
        Usage = Usage,
        Timings = Timings,
        Citations = Citations,
        Given = Given,
        Tools = Tools,
        Check = Check,
        Confidence = _confidence.Count < ConfidenceSpans.Most ? [.. _confidence] : [],
        Feedback = Feedback,
        Error = Error,
        CreatedAt = CreatedAt,
    };
}
