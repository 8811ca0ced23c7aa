using MistralStudio.Core;
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
    public Task<bool> SendAsync(string typed, CancellationToken cancellationToken) => AskAsync(
        typed, isFirst: Chat.Thread.Count == 0, (column, question) => column.Chat.SendAsync(question, cancellationToken), cancellationToken);

    /// <summary>Asks something else in the place of a question, in every column; what was there stays as the branch beside.</summary>
    public Task<bool> EditAsync(PlaygroundTurn turn, string text, CancellationToken cancellationToken) => AskAsync(
        text,
        isFirst: false,
        (column, question) => _columns.IndexOf(column) is var place && turn.Cells[place].Question is { } own
            ? column.Chat.EditAsync(own, question, cancellationToken)
            : column.Chat.SendAsync(question, cancellationToken),
        cancellationToken);

    /// <summary>Answers a column's last question once more; the new answer is a sibling of the old.</summary>
    /// <param name="with">What this one answer is made with; null: what the column has.</param>
    public async Task RegenerateAsync(PlaygroundColumn column, CancellationToken cancellationToken, ChatSetup? with = null)
    {
        if (column.Chat.IsBusy || column.Chat.Thread.Count == 0)
        {
            return;
        }

        // What is answered again is there; only what stands before it may have changed.
        var composed = Compose(column, column.Chat.Thread[^1].Text is { Length: > 0 } text ? text : "?", isFirst: false);
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
            Answer = column.Chat.Setup.Answer,
            Allowance = Allowance,
            Alternatives = column.Chat.Setup.Alternatives,
        });
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

    /// <summary>Takes back why the last message was refused: the person is writing another.</summary>
    public void ForgetErrors() => _columns.ForEach(column => column.Chat.ForgetError());

    private async Task<bool> AskAsync(string typed, bool isFirst, Func<PlaygroundColumn, string, Task<bool>> ask, CancellationToken cancellationToken)
    {
        if (IsBusy)
        {
            return false;
        }

        foreach (var column in _columns.Skip(1))
        {
            await LineUpAsync(column, cancellationToken);
        }

        var asked = _columns.Select(column => (Column: column, Composed: Compose(column, typed, isFirst))).ToList();
        foreach (var (column, composed) in asked.Where(one => !one.Composed.IsSuccess))
        {
            column.Chat.Refuse(composed.Error!);
        }

        var ready = asked.Where(one => one.Composed.IsSuccess).ToList();
        ready.ForEach(one => Prepare(one.Column, one.Composed.Value));
        // The first one makes the conversation that the others stand beside.
        if (ready.Count == 0 || (ready[0].Column.Chat == Chat ? !await ask(ready[0].Column, ready[0].Composed.Value.Question) && Chat.Conversation is null : Chat.Conversation is null))
        {
            return false;
        }

        var others = ready.Where(one => one.Column.Chat != Chat).ToList();
        others.ForEach(one => one.Column.Chat.Beside ??= Chat.Conversation!.Id);
        await Task.WhenAll(others.Select(one => ask(one.Column, one.Composed.Value.Question)));
        Touch();
        return Chat.Error is null || others.Exists(one => one.Column.Chat.Error is null);
    }

    private Result<ComposedPrompt> Compose(PlaygroundColumn column, string typed, bool isFirst) =>
        column.PromptError is { } gone ? gone : PromptComposition.Compose(column.Version ?? Draft.Content, Draft.Values, typed, isFirst);

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
            Answer = content.Answer,
            Allowance = Allowance,
            Alternatives = AsksConfidence ? Alternatives : null,
        };
    }
}
