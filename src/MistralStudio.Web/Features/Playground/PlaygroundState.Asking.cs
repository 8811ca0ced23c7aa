using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Chat;
using MistralStudio.Web.Features.Playground.Columns;
using MistralStudio.Web.Features.Playground.Drafts;

namespace MistralStudio.Web.Features.Playground;

/// <content>Asking all columns the same at once, and each by itself.</content>
public sealed partial class PlaygroundState
{
    // As many as a person looks at.
    private const int Alternatives = 5;

    /// <summary>True while one of the columns is answered.</summary>
    public bool IsBusy => _columns.Exists(column => column.Chat.IsBusy);

    /// <summary>Questions with their answers, lined up.</summary>
    public IReadOnlyList<PlaygroundTurn> Turns => PlaygroundTurn.Align(_columns.Select(column => column.Chat.Thread));

    /// <summary>
    /// Asks every column; what one cannot do it says itself, and the others go on. False where nothing was asked: then the first column says why.
    /// </summary>
    public async Task<bool> SendAsync(string typed, CancellationToken cancellationToken)
    {
        if (Images.Coming is [var coming, ..])
        {
            Chat.Refuse(ChatErrors.ImageNotThere(coming));
            return false;
        }

        var (images, turns) = (Images.Taken, Turns.Count);
        var isAsked = await AskAsync(typed, images, before: _ => null, isFirst: turns == 0, (column, composed) => SendAsync(column, composed.Question, [.. composed.Images, .. images], turns, cancellationToken), cancellationToken);
        if (isAsked)
        {
            Images.Clear();
        }

        return isAsked;
    }

    /// <summary>Asks something else in the place of a question, in every column; what was there stays as the branch beside.</summary>
    public Task<bool> EditAsync(PlaygroundTurn turn, string text, CancellationToken cancellationToken)
    {
        var images = _edited.TryGetValue(turn.Question.Id, out var tray) ? tray.Taken : turn.Question.Images;
        EndEdit(turn);
        return AskAsync(
            text,
            images,
            before: column => turn.Cells[_columns.IndexOf(column)].Question?.Id,
            isFirst: false,
            (column, composed) => _columns.IndexOf(column) is var place && turn.Cells[place].Question is { } own
                ? column.Chat.EditAsync(own, composed.Question, cancellationToken, images)
                : column.Chat.SendAsync(composed.Question, cancellationToken, images),
            cancellationToken);
    }

    /// <summary>
    /// Answers the question of a turn once more in every column, at once: what followed stays beside as the branch of the old answers, and the
    /// columns stay in line.
    /// </summary>
    public async Task RegenerateAsync(PlaygroundTurn turn, CancellationToken cancellationToken)
    {
        if (!IsBusy)
        {
            await Task.WhenAll(_columns.Select((column, i) => turn.Cells[i].Question is { } own ? RegenerateAsync(column, cancellationToken, question: own) : Task.CompletedTask));
        }
    }

    /// <summary>Answers a question of a column once more; the new answer is a sibling of the old.</summary>
    /// <param name="with">What this one answer is made with; null: what the column has.</param>
    /// <param name="question">One on screen; null: the last.</param>
    public async Task RegenerateAsync(PlaygroundColumn column, CancellationToken cancellationToken, ChatSetup? with = null, ChatEntry? question = null)
    {
        question ??= column.Chat.Thread.LastOrDefault(entry => entry.Role == MessageRole.User);
        if (column.Chat.IsBusy || question is null)
        {
            return;
        }

        if (FindBlind(column, question.Images, question.Id) is { } blind)
        {
            column.Chat.Refuse(blind);
            return;
        }

        // What is answered again is there; only what stands before it may have changed.
        var composed = Compose(column, question.Text, isFirst: false, question.Images.Count);
        if (!composed.IsSuccess)
        {
            column.Chat.Refuse(composed.Error);
            return;
        }

        Prepare(column, composed.Value);
        await column.Chat.RegenerateAsync(cancellationToken, with is null ? null : with with
        {
            Instructions = column.Chat.Setup.Instructions,
            Opening = column.Chat.Setup.Opening,
            Tools = column.Chat.Setup.Tools,
            Limits = column.Chat.Setup.Limits,
            Answer = column.Chat.Setup.Answer,
            Allowance = Allowance,
            Alternatives = column.Chat.Setup.Alternatives,
        }, question);
    }

    /// <summary>
    /// Shows the answer before (-1) or after (+1) of one. Where every column has as many at that turn, they step together: each of them is the
    /// beginning of a branch.
    /// </summary>
    public async Task ShowAnswerAsync(PlaygroundTurn turn, PlaygroundColumn column, int step, CancellationToken cancellationToken)
    {
        if (IsBusy || turn.Cells[_columns.IndexOf(column)].Answer is not { } answer)
        {
            return;
        }

        var place = column.Chat.PlaceOf(answer);
        for (var i = 0; i < _columns.Count; i++)
        {
            var other = _columns[i];
            if (other == column || (turn.Index < Turns.Count - 1 && turn.Cells[i].Answer is { } own && other.Chat.PlaceOf(own) == place))
            {
                other.Chat.Show(turn.Cells[i].Answer!, step);
            }
        }

        if (column == _columns[0])
        {
            foreach (var other in _columns.Skip(1))
            {
                await LineUpAsync(other, cancellationToken);
            }
        }
    }

    /// <summary>Shows the branch before (-1) or after (+1) of a question, in every column that has one.</summary>
    public async Task ShowAsync(PlaygroundTurn turn, int step, CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            return;
        }

        for (var i = 0; i < _columns.Count; i++)
        {
            if (turn.Cells[i].Question is { } own)
            {
                _columns[i].Chat.Show(own, step);
            }
        }

        foreach (var column in _columns.Skip(1))
        {
            await LineUpAsync(column, cancellationToken);
        }
    }

    /// <summary>Stops every column.</summary>
    public void StopAll() => _columns.ForEach(column => column.Chat.Stop());

    /// <summary>The first variable of the draft that has no value, or none of its kind, where the last message was refused for it.</summary>
    public string? Unfilled => Chat.Error?.Code is PromptErrors.MissingCode or PromptErrors.WrongValueCode
        ? Draft.Variables.FirstOrDefault(variable => (Draft.Values.GetValueOrDefault(variable.Name) ?? variable.Default) is not { } value || !PromptTemplates.Fits(variable, value))?.Name
        : null;

    /// <summary>Takes back why the last message was refused: the person is writing another.</summary>
    public void ForgetErrors() => _columns.ForEach(column => column.Chat.ForgetError());

    // What was missing is there now.
    private void ForgetFilled()
    {
        if (Chat.Error?.Code is PromptErrors.MissingCode or PromptErrors.WrongValueCode && Unfilled is null)
        {
            ForgetErrors();
        }
    }

    // A column that goes on further than the first one goes on from where the first one is; what it had there stays as the branch beside.
    private Task<bool> SendAsync(PlaygroundColumn column, string question, IReadOnlyList<MessageImage> images, int turns, CancellationToken cancellationToken) =>
        column != _columns[0] && column.Chat.Thread.Where(entry => entry.Role == MessageRole.User).Skip(turns).FirstOrDefault() is { } next
            ? column.Chat.EditAsync(next, question, cancellationToken, images)
            : column.Chat.SendAsync(question, cancellationToken, images);

    private async Task<bool> AskAsync(
        string typed, IReadOnlyList<MessageImage> images, Func<PlaygroundColumn, MessageId?> before, bool isFirst, Func<PlaygroundColumn, ComposedPrompt, Task<bool>> ask, CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            return false;
        }

        foreach (var column in _columns.Skip(1))
        {
            await LineUpAsync(column, cancellationToken);
        }

        var asked = _columns.Select(column => (Column: column, Composed: FindBlind(column, images, before(column)) is { } blind ? blind : Compose(column, typed, isFirst, images.Count))).ToList();
        foreach (var (column, composed) in asked.Where(one => !one.Composed.IsSuccess))
        {
            column.Chat.Refuse(composed.Error!);
        }

        var ready = asked.Where(one => one.Composed.IsSuccess).ToList();
        if (ready.Exists(one => one.Composed.Value.HasImages))
        {
            var shown = ready.SelectMany(one => (one.Column.Version ?? Draft.Content).Images).DistinctBy(image => image.Sha256).ToList();
            if (await Chat.BeginAsync(typed.Length > 0 ? ConversationLog.Title(typed) : shown[0].Name, cancellationToken) is not { } lead || await OwnAsync(lead, shown, cancellationToken) is not null)
            {
                Chat.Refuse(ImageErrors.Gone());
                return false;
            }
        }

        ready.ForEach(one => Prepare(one.Column, one.Composed.Value));
        // The first one makes the conversation that the others stand beside.
        if (ready.Count == 0 || (ready[0].Column.Chat == Chat ? !await ask(ready[0].Column, ready[0].Composed.Value) && Chat.Conversation is null : Chat.Conversation is null))
        {
            return false;
        }

        var others = ready.Where(one => one.Column.Chat != Chat).ToList();
        others.ForEach(one => one.Column.Chat.Beside ??= Chat.Conversation!.Id);
        await Task.WhenAll(others.Select(one => ask(one.Column, one.Composed.Value)));
        Touch();
        return Chat.Error is null || others.Exists(one => one.Column.Chat.Error is null);
    }

    private Result<ComposedPrompt> Compose(PlaygroundColumn column, string typed, bool isFirst, int images) =>
        column.PromptError is { } gone ? gone : PromptComposition.Compose(column.Version ?? Draft.Content, Draft.Values, typed, isFirst, images);

    private void Prepare(PlaygroundColumn column, ComposedPrompt composed)
    {
        var content = column.Version ?? Draft.Content;
        column.Chat.Setup = column.Chat.Setup with
        {
            Instructions = composed.Instructions,
            Opening = composed.Opening,
            Knowledge = Chat.Setup.Knowledge,
            Reading = Chat.Setup.Reading,
            Tools = content.Tools,
            Limits = Limits,
            Answer = content.Answer,
            Allowance = Allowance,
            Alternatives = AsksConfidence ? Alternatives : null,
        };
    }
}
