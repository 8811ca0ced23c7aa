using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Playground.Images;

namespace MistralStudio.Web.Features.Playground.Drafts;

/// <summary>The prompt in the making: messages in order, variables with their values, and sets of values that were kept.</summary>
public sealed class DraftState
{
    /// <summary>Characters that one message may have.</summary>
    public const int MostCharacters = 1_000_000;

    private readonly List<DraftMessage> _messages = [];
    private PromptContent _rest = PromptContent.Empty;
    private Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private int _lastKey;

    /// <summary>Raised when something of it changed that has to be saved.</summary>
    public event Action? Changed;

    /// <summary>The messages, first to last.</summary>
    public IReadOnlyList<DraftMessage> Messages => _messages;

    /// <summary>Values by name; those of variables that no text names any more are kept.</summary>
    public IReadOnlyDictionary<string, string> Values => _values;

    /// <summary>Values that were kept under a name.</summary>
    public IReadOnlyList<ValueSet> Sets { get; private set; } = [];

    /// <summary>Counts up when values changed otherwise than by being typed: fields then show them anew.</summary>
    public int ValuesRevision { get; private set; }

    /// <summary>The prompt version that it began as; null where it began empty.</summary>
    public string? Origin { get; private set; }

    /// <summary>The hash of that version.</summary>
    public string? OriginHash { get; private set; }

    /// <summary>The prompt as it stands.</summary>
    public PromptContent Content => _rest with { Messages = [.. _messages.Select(message => new PromptMessage(message.Role, message.Text) { Images = message.Images.Taken })] };

    /// <summary>The variables that the messages name, in their order.</summary>
    public IReadOnlyList<PromptVariable> Variables => PromptTemplates.Variables(Content);

    /// <summary>True where there is nothing that would be missed.</summary>
    public bool IsEmpty => _messages.TrueForAll(message => message.IsEmpty) && Sets.Count == 0;

    /// <summary>Shows another draft: one that was kept, or a prompt version.</summary>
    public void Open(ConversationDraft draft)
    {
        Fill(draft.Content);
        _values = new(draft.Values, StringComparer.Ordinal);
        (Sets, Origin, OriginHash) = (draft.Sets, draft.Origin, draft.OriginHash);
        ValuesRevision++;
    }

    /// <summary>Takes a prompt version in the place of what is there.</summary>
    /// <param name="origin">How it is called, <c>prompt:slug@number</c>.</param>
    public void Take(PromptContent content, string origin)
    {
        Fill(content);
        ValuesRevision++;
        Kept(content, origin);
    }

    /// <summary>What stands here is a version now.</summary>
    public void Kept(PromptContent content, string origin)
    {
        (Origin, OriginHash) = (origin, PromptJson.Hash(content));
        Changed?.Invoke();
    }

    /// <summary>Changes everything but the messages: tools, the form of the answer, what is known of variables.</summary>
    public void Change(Func<PromptContent, PromptContent> change)
    {
        _rest = change(Content) with { Messages = [] };
        Changed?.Invoke();
    }

    /// <summary>Adds an empty message; after an answer a question, after a question an answer.</summary>
    public DraftMessage Add()
    {
        var role = _messages is [.., { Role: MessageRole.User }] ? MessageRole.Assistant : _messages.Count == 0 ? MessageRole.System : MessageRole.User;
        var added = Make(new PromptMessage(role, ""));
        _messages.Add(added);
        Changed?.Invoke();
        return added;
    }

    /// <summary>Takes a message out.</summary>
    public void Remove(int key)
    {
        if (_messages.RemoveAll(message => message.Key == key) > 0)
        {
            Changed?.Invoke();
        }
    }

    /// <summary>Puts a message to a place, from 0; places that there are not are the first or the last.</summary>
    public void Move(int key, int place)
    {
        if (Find(key) is { } message)
        {
            _messages.Remove(message);
            _messages.Insert(Math.Clamp(place, 0, _messages.Count), message);
            Changed?.Invoke();
        }
    }

    /// <summary>Changes who speaks.</summary>
    public void Speak(int key, MessageRole role)
    {
        if (Find(key) is { } message)
        {
            message.Role = role;
            Changed?.Invoke();
        }
    }

    /// <summary>
    /// Takes what was typed into a message: of its text before, <paramref name="removed"/> characters from <paramref name="from"/> on have become
    /// <paramref name="inserted"/>. False where the text before was another one; the whole is then to be sent.
    /// </summary>
    /// <param name="before">UTF-16 units that the text had in the browser before.</param>
    public bool Type(int key, int before, int from, int removed, string inserted)
    {
        if (Find(key) is not { } message || message.Text.Length != before || from < 0 || removed < 0 || from > before - removed || before - removed + inserted.Length > MostCharacters)
        {
            return false;
        }

        message.Text = string.Concat(message.Text.AsSpan(0, from), inserted, message.Text.AsSpan(from + removed));
        Changed?.Invoke();
        return true;
    }

    /// <summary>Takes the whole text of a message from where it was typed.</summary>
    public void Type(int key, string text)
    {
        if (Find(key) is { } message)
        {
            message.Text = text.Length > MostCharacters ? text[..MostCharacters] : text;
            Changed?.Invoke();
        }
    }

    /// <summary>Puts another text into a message, and into its field.</summary>
    public void Write(int key, string text)
    {
        if (Find(key) is { } message)
        {
            message.Revision++;
            Type(key, text);
        }
    }

    /// <summary>Takes what was typed as the value of a variable; an empty text is none.</summary>
    public void Give(string name, string value)
    {
        if (value.Length == 0 ? _values.Remove(name) : _values.GetValueOrDefault(name) != value)
        {
            if (value.Length > 0)
            {
                _values[name] = value;
            }

            Changed?.Invoke();
        }
    }

    /// <summary>Changes what is known of a variable: its kind, what it may be, its default.</summary>
    public void Describe(PromptVariable variable)
    {
        _rest = _rest with { Variables = [.. _rest.Variables.Where(known => known.Name != variable.Name), variable] };
        Changed?.Invoke();
    }

    /// <summary>Keeps the values of now under a name; one that is there already is replaced.</summary>
    public void Keep(string name)
    {
        if (name.Trim() is { Length: > 0 } trimmed)
        {
            var named = Variables.Select(variable => variable.Name).ToHashSet(StringComparer.Ordinal);
            var kept = new ValueSet(trimmed, _values.Where(value => named.Contains(value.Key)).ToDictionary());
            Sets = [.. Sets.Where(set => set.Name != trimmed).Append(kept).OrderBy(set => set.Name, StringComparer.CurrentCultureIgnoreCase)];
            Changed?.Invoke();
        }
    }

    /// <summary>Gives the values of a set; variables that it does not know keep theirs.</summary>
    public void Use(ValueSet set)
    {
        foreach (var (name, value) in set.Values)
        {
            _values[name] = value;
        }

        ValuesRevision++;
        Changed?.Invoke();
    }

    /// <summary>Takes all images out: what they belonged to is gone.</summary>
    public void ForgetImages() => _messages.ForEach(message => message.Images.Clear());

    /// <summary>Forgets a set.</summary>
    public void Forget(ValueSet set)
    {
        Sets = [.. Sets.Where(kept => kept.Name != set.Name)];
        Changed?.Invoke();
    }

    /// <summary>The draft as it is kept, on top of what else is.</summary>
    public ConversationDraft ToDraft(ConversationDraft kept) => kept with { Content = Content, Values = new Dictionary<string, string>(_values), Sets = Sets, Origin = Origin, OriginHash = OriginHash };

    /// <summary>A message by its key; null where there is none.</summary>
    public DraftMessage? Find(int key) => _messages.Find(message => message.Key == key);

    private void Fill(PromptContent content)
    {
        _rest = content with { Messages = [] };
        _messages.Clear();
        _messages.AddRange(content.Messages.Select(Make));
        if (_messages.Count == 0)
        {
            _messages.Add(Make(new PromptMessage(MessageRole.System, "")));
        }
    }

    private DraftMessage Make(PromptMessage message)
    {
        var made = new DraftMessage(++_lastKey, message.Role, message.Text, message.Images);
        made.Images.Changed += () => Changed?.Invoke();
        return made;
    }
}

/// <summary>One message of a draft.</summary>
/// <param name="key">Tells it from the others while the page is open.</param>
public sealed class DraftMessage(int key, MessageRole role, string text, IReadOnlyList<MessageImage> images)
{
    /// <summary>Tells it from the others while the page is open.</summary>
    public int Key => key;

    /// <summary>Who speaks.</summary>
    public MessageRole Role { get; internal set; } = role;

    /// <summary>May hold <c>{{names}}</c>.</summary>
    public string Text { get; internal set; } = text;

    /// <summary>Its images; only a person's message shows them to a model.</summary>
    public ImageTray Images { get; } = new(images);

    /// <summary>True where it neither says nor shows anything.</summary>
    public bool IsEmpty => string.IsNullOrWhiteSpace(Text) && Images.Taken.Count + Images.Coming.Count == 0;

    /// <summary>Counts up when the text changed otherwise than by being typed: its field then shows it anew.</summary>
    public int Revision { get; internal set; }
}
