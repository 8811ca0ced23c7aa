using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Web.Features.Playground.Columns;
using MistralStudio.Web.Features.Playground.Images;
using MistralStudio.Web.Features.Prompts.Code;

namespace MistralStudio.Web.Features.Playground;

/// <content>Images of the next question and of one that is being edited, and which columns can read them.</content>
public sealed partial class PlaygroundState
{
    private readonly Dictionary<MessageId, ImageTray> _edited = [];

    // Images that are known to belong to a conversation, and the conversation that those of the draft are of while there is no other.
    private readonly HashSet<(ConversationId Conversation, string Sha256)> _owned = [];
    private ConversationId? _lastLead;

    /// <summary>True where images can be added.</summary>
    public bool TakesImages => _services.Images is not null;

    /// <summary>Images of the next question.</summary>
    public ImageTray Images { get; } = new();

    /// <summary>The conversation that images of the page are shown from; null where it has none.</summary>
    public ConversationId? ImageLead => Chat.Conversation?.Id ?? _lastLead;

    /// <summary>The images of a question that is being edited; of the next one for null, and for one that is not.</summary>
    public ImageTray ImagesOf(MessageId? question) => question is { } id && _edited.TryGetValue(id, out var tray) ? tray : Images;

    /// <summary>Begins to edit a question: its images are there to be kept, taken out and added to.</summary>
    public void BeginEdit(PlaygroundTurn turn) => _edited[turn.Question.Id] = new ImageTray(turn.Question.Images);

    /// <summary>It is edited no longer.</summary>
    public void EndEdit(PlaygroundTurn turn) => _edited.Remove(turn.Question.Id);

    /// <summary>An image that was kept for this conversation, as its bytes say.</summary>
    public async Task<Result<MessageImage>> FindImageAsync(string sha256, string name, CancellationToken cancellationToken)
    {
        if (_services.Images is not { } images || Chat.Conversation is not { } lead)
        {
            return ImageErrors.Gone();
        }

        await using var stored = await images.OpenAsync(_scope.Id, _scope.Person, lead.Id, sha256, cancellationToken);
        if (stored is null)
        {
            return ImageErrors.Gone();
        }

        using var bytes = new MemoryStream();
        await stored.CopyToAsync(bytes, cancellationToken);
        var shape = ImageRules.Check(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), name);
        return shape.Match<Result<MessageImage>>(found => new MessageImage(sha256, found.MediaType, found.Width, found.Height, bytes.Length, name), error => error);
    }

    /// <summary>Takes an image out of a message again; bytes that no message has are dropped.</summary>
    public async Task RemoveImageAsync(ImageTray tray, MessageImage image, CancellationToken cancellationToken)
    {
        tray.Remove(image);
        var isElsewhere = _edited.Values.Append(Images).Concat(Draft.Messages.Select(message => message.Images)).Any(other => other.Taken.Any(kept => kept.Sha256 == image.Sha256));
        if (!isElsewhere && _services.Images is { } images && Chat.Conversation is { } lead)
        {
            await images.DropAsync(_scope.Id, _scope.Person, lead.Id, image.Sha256, cancellationToken);
        }
    }

    /// <summary>
    /// What code is asked for: with the next question, where images of it are there, or with the last that was asked; all that was said before it and all
    /// images come along.
    /// </summary>
    /// <param name="subject">The prompt with its values.</param>
    public async Task<CodeSubject> ShowAsync(CodeSubject subject, CancellationToken cancellationToken)
    {
        var said = Chat.Thread.Where(entry => entry.Text.Length > 0 || entry.Tools.Count > 0 || entry.Images.Count > 0)
            .Select(entry => new TurnMessage(entry.Role, entry.Text) { Tools = entry.Tools, Images = entry.Images }).ToList();
        var last = said.FindLastIndex(message => message.Role == MessageRole.User);
        if (Images.Taken.Count > 0)
        {
            said.Add(subject.Question(isFirst: last < 0, Images.Taken));
        }
        else if (last >= 0)
        {
            said.RemoveRange(last + 1, said.Count - last - 1);
        }
        else if (subject.Form is null)
        {
            said = [subject.Question(isFirst: true, [])];
        }

        subject = said.Count > 0 ? subject.Asking(said) : subject;
        if (!subject.Images.Any())
        {
            return subject;
        }

        var pictures = await CodePictures.ReadAsync(
            subject.Images, image => ImageLead is { } lead && _services.Images is { } images ? images.OpenAsync(_scope.Id, _scope.Person, lead, image.Sha256, cancellationToken) : Task.FromResult<Stream?>(null), cancellationToken);
        return subject with { Pictures = pictures };
    }

    /// <summary>Why a column cannot be asked with the images of the next question, or with those that stand above; null where it can.</summary>
    public Error? FindBlind(PlaygroundColumn column) => FindBlind(column, Images.Taken, before: null);

    private Error? FindBlind(PlaygroundColumn column, IReadOnlyList<MessageImage> images, MessageId? before)
    {
        var isShown = images.Count > 0 || (column.Version ?? Draft.Content).Images.Any() || column.Chat.Thread.TakeWhile(entry => entry.Id != before).Any(entry => entry.Images.Count > 0);
        return !isShown || ModelOf(column) is not { ReadsImages: false } model ? null
            : _columns.Count == 1 ? ImageErrors.CannotRead(model.Name)
            : ImageErrors.CannotReadIn(ColumnHead.Letter(_columns.IndexOf(column)), IsBlind ? null : model.Name);
    }

    // What a prompt shows is the conversation's too, which is kept longer than a version may be.
    private async Task<Error?> OwnAsync(ConversationId lead, IEnumerable<MessageImage> shown, CancellationToken cancellationToken)
    {
        var added = shown.Where(image => !_owned.Contains((lead, image.Sha256))).ToList();
        if (added.Count == 0 || _services.Images is not { } images)
        {
            return null;
        }

        var owned = await images.AdoptAsync(_scope.Id, _scope.Person, lead, added, cancellationToken);
        if (owned.IsSuccess)
        {
            _owned.UnionWith(added.Select(image => (lead, image.Sha256)));
        }

        return owned.Error;
    }
}
