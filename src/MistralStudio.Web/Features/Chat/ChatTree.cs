using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Chat;

/// <summary>
/// The messages of a conversation as branches: those with one parent are siblings, and of siblings one is on screen. Looking one up costs the same
/// in a conversation of two messages and of two thousand.
/// </summary>
internal sealed class ChatTree
{
    private readonly Dictionary<MessageId, ChatEntry> _all = [];

    // By parent; the first messages stand under an id that no message has.
    private readonly Dictionary<MessageId, List<ChatEntry>> _children = [];
    private readonly Dictionary<MessageId, MessageId> _chosen = [];

    /// <summary>The messages on screen, first to last.</summary>
    public IReadOnlyList<ChatEntry> Thread { get; private set; } = [];

    /// <summary>The thread of messages as they were kept.</summary>
    public static IReadOnlyList<ChatEntry> ThreadOf(IEnumerable<Message> messages)
    {
        var tree = new ChatTree();
        foreach (var message in messages.Where(message => message.Role != MessageRole.System))
        {
            tree.Add(new ChatEntry(message));
        }

        tree.Lay();
        return tree.Thread;
    }

    /// <summary>True before the first message.</summary>
    public bool IsEmpty => _all.Count == 0;

    public bool Contains(MessageId id) => _all.ContainsKey(id);

    public void Clear()
    {
        _all.Clear();
        _children.Clear();
        _chosen.Clear();
        Thread = [];
    }

    /// <summary>Adds a message; <see cref="Lay"/> shows it.</summary>
    public void Add(ChatEntry entry)
    {
        _all[entry.Id] = entry;
        var key = entry.Parent ?? default;
        if (!_children.TryGetValue(key, out var siblings))
        {
            _children[key] = siblings = [];
        }

        siblings.Add(entry);
    }

    /// <summary>Takes a message among its siblings.</summary>
    public void Choose(ChatEntry entry) => _chosen[entry.Parent ?? default] = entry.Id;

    /// <summary>Lays the thread out: from the first message down, of siblings the chosen one, otherwise the newest.</summary>
    public void Lay()
    {
        List<ChatEntry> thread = [];
        MessageId parent = default;
        while (_children.TryGetValue(parent, out var siblings))
        {
            var next = _chosen.TryGetValue(parent, out var chosen) && _all.TryGetValue(chosen, out var found) ? found : siblings[^1];
            thread.Add(next);
            parent = next.Id;
        }

        Thread = thread;
    }

    /// <summary>Place of a message among its siblings, from 1, and how many there are.</summary>
    public (int Place, int Count) PlaceOf(ChatEntry entry)
    {
        var siblings = _children[entry.Parent ?? default];
        return (siblings.IndexOf(entry) + 1, siblings.Count);
    }

    /// <summary>Takes the sibling before (-1) or after (+1); false where there is none.</summary>
    public bool Step(ChatEntry entry, int step)
    {
        var siblings = _children[entry.Parent ?? default];
        var place = siblings.IndexOf(entry) + step;
        if (place < 0 || place >= siblings.Count)
        {
            return false;
        }

        Choose(siblings[place]);
        Lay();
        return true;
    }

    /// <summary>The messages down to one, from the first.</summary>
    public List<ChatEntry> PathTo(ChatEntry last)
    {
        List<ChatEntry> path = [];
        for (var entry = last; entry is not null; entry = entry.Parent is { } parent ? _all.GetValueOrDefault(parent) : null)
        {
            path.Add(entry);
        }

        path.Reverse();
        return path;
    }
}
