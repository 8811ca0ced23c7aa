using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>One passage as a person changes it. What was typed stays where somebody else was faster.</summary>
public sealed class PassageEditState(IPassageEditor editor, IKnowledgeStore store, Caller caller, KnowledgeBaseId id, Passage passage)
{
    /// <summary>The passage as it was read last.</summary>
    public Passage Passage { get; private set; } = passage;

    /// <summary>What it shall say.</summary>
    public string Text { get; set; } = passage.ShownText;

    /// <summary>Words that it shall be found by, divided by commas.</summary>
    public string Keywords { get; set; } = string.Join(", ", passage.Keywords);

    /// <summary>Whether searches shall find it.</summary>
    public bool IsFound { get; set; } = !passage.IsDisabled;

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where somebody else changed it meanwhile: <see cref="Passage"/> is theirs, the draft is not.</summary>
    public bool IsOvertaken { get; private set; }

    /// <summary>True where it would be read by another text than the document's.</summary>
    public bool IsEdited => Text.ReplaceLineEndings("\n").Trim() != Passage.Text.Trim();

    /// <summary>Takes the document's own text back.</summary>
    public void Restore() => Text = Passage.Text;

    /// <summary>Gives the draft up for what somebody else made of it.</summary>
    public void TakeTheirs()
    {
        (Text, Keywords, IsFound) = (Passage.ShownText, string.Join(", ", Passage.Keywords), !Passage.IsDisabled);
        (Error, IsOvertaken) = (null, false);
    }

    /// <summary>Keeps the draft; the changed passage, or null where it was refused and <see cref="Error"/> says why.</summary>
    public async Task<Passage?> SaveAsync(CancellationToken cancellationToken)
    {
        if ((Error = KnowledgePageErrors.Refuse(caller)) is not null)
        {
            return null;
        }

        var change = new PassageChange(IsEdited ? Text : null, !IsFound, Keywords.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        var changed = await editor.ChangeAsync(caller.Workspace, id, Passage.Id, change, Passage.Revision?.Version ?? 0, caller.User, cancellationToken);
        if (changed.IsSuccess)
        {
            return Passage = changed.Value;
        }

        Error = changed.Error;
        if (await store.FindPassageAsync(caller.Workspace, id, Passage.Id, cancellationToken) is { } now)
        {
            IsOvertaken = (now.Revision?.Version ?? 0) != (Passage.Revision?.Version ?? 0);
            Passage = now;
        }

        return null;
    }
}
