namespace MistralStudio.Web.Features.Playground.Drafts;

/// <summary>
/// What fields were drawn with. A field whose text lives in the browser is given that text once: given again while somebody types, it would take
/// back what is on its way.
/// </summary>
internal sealed class FieldTexts
{
    private readonly Dictionary<(object Field, int Revision), string> _drawn = [];

    /// <summary>Forgets what is drawn no longer: drawn again, it is given what it holds by then.</summary>
    /// <param name="fields">What is drawn.</param>
    public void Keep(IReadOnlyCollection<object> fields)
    {
        foreach (var gone in _drawn.Keys.Where(drawn => !fields.Contains(drawn.Field)).ToList())
        {
            _drawn.Remove(gone);
        }
    }

    /// <summary>The text that the field of a message was drawn with.</summary>
    public string Text(DraftMessage message) => Text(message.Key, message.Revision, message.Text);

    /// <summary>The text that a field was drawn with; <paramref name="now"/> where it is drawn for the first time in this revision.</summary>
    public string Text(object field, int revision, string now)
    {
        if (!_drawn.TryGetValue((field, revision), out var text))
        {
            _drawn.Remove((field, revision - 1));
            _drawn[(field, revision)] = text = now;
        }

        return text;
    }
}
