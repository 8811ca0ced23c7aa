using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Words;

namespace MistralStudio.Web.Features.Flows.FromWords;

/// <summary>
/// What somebody wants of a flow, in words: asked of a model, watched while it writes, and what it proposes, of which a person takes all, some or
/// nothing. Driven by a page, or by a test without a browser.
/// </summary>
public sealed class WordsState(FlowWords words, Caller caller, TimeProvider clock) : IDisposable
{
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);
    private CancellationTokenSource? _stop;
    private int _written;
    private int _attempt;

    /// <summary>More was written. Called on the model's thread.</summary>
    public event Action? Grown;

    /// <summary>Told what is to be kept until somebody decided, whenever that is another: what is wanted, and what was proposed for it; null: nothing is, or not yet.</summary>
    public Action<string?, OpenProposal?>? OnKeep { get; set; }

    /// <summary>True where the caller may ask: to write flows, and to use models.</summary>
    public static bool Allows(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return caller.May(Permissions.FlowsWrite) && caller.May(Permissions.ModelsUse);
    }

    /// <summary>What is wanted.</summary>
    public string Text { get; set; } = "";

    /// <summary>True where something was asked for, and what became of it is gone with the studio's memory; the words are in <see cref="Text"/>.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Reference of the model that writes.</summary>
    public string Model { get; set; } = "default";

    /// <summary>True while the model writes.</summary>
    public bool IsBusy => _stop is not null;

    /// <summary>Characters that it wrote in this try.</summary>
    public int Written => Volatile.Read(ref _written);

    /// <summary>Which try it is: what the compiler found goes back to the model.</summary>
    public int Attempt => Volatile.Read(ref _attempt);

    /// <summary>How long the last proposal took.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>Why there is no proposal; null where there is one, or none was asked for.</summary>
    public Error? Error { get; private set; }

    /// <summary>What the model wrote; null before, and after it was taken or refused.</summary>
    public FlowProposal? Proposal { get; private set; }

    /// <summary>What was to be changed when the proposal was made.</summary>
    public FlowDefinition? Before { get; private set; }

    /// <summary>The proposal in parts.</summary>
    public DefinitionMerge? Merge { get; private set; }

    /// <summary>Parts that would be taken: all but those that were refused.</summary>
    public IReadOnlySet<string> Taken { get; private set; } = new HashSet<string>();

    /// <summary>Parts that nobody decided about.</summary>
    public int Open => Merge?.Parts.Count(part => !_accepted.Contains(part.Key) && !_refused.Contains(part.Key)) ?? 0;

    /// <summary>The flow as it would be with what is not refused.</summary>
    public FlowDefinition? After { get; private set; }

    /// <summary>Asks for changes of a flow; for a flow where there is none yet.</summary>
    public async Task AskAsync(FlowDefinition current)
    {
        ArgumentNullException.ThrowIfNull(current);
        if (IsBusy)
        {
            return;
        }

        Forget();
        using var stop = new CancellationTokenSource();
        _stop = stop;
        (_written, _attempt) = (0, 1);
        OnKeep?.Invoke(Text, null);
        var began = clock.GetTimestamp();
        try
        {
            var request = new WordsRequest(caller.Workspace, caller, ModelReference.OrDefault(Model), Text.Trim(), CultureInfo.CurrentUICulture.Name) { OnText = Grow };
            var made = current.Nodes.Count == 0 ? await words.MakeAsync(request, stop.Token) : await words.ChangeAsync(request, current, stop.Token);
            if (_stop != stop)
            {
                return;
            }

            Took = clock.GetElapsedTime(began);
            if (!made.IsSuccess)
            {
                Error = made.Error;
                return;
            }

            // A flow that was begun may have remarks that a new one does not.
            var draft = current.Nodes.Count == 0 ? made.Value.Draft with { Notes = [.. current.Notes, .. made.Value.Draft.Notes], Budget = made.Value.Draft.Budget ?? current.Budget } : made.Value.Draft;
            (Proposal, Before, Merge) = (made.Value, current, DefinitionMerge.Of(current, draft));
            Weigh();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It was stopped: there is nothing to look at.
        }
        finally
        {
            if (_stop == stop)
            {
                _stop = null;
            }

            if (_stop is null && Proposal is null)
            {
                OnKeep?.Invoke(null, null);
            }
        }
    }

    /// <summary>Takes up the words of a proposal that is gone: they can be said again.</summary>
    public void Recall(string text)
    {
        Forget();
        (Text, IsLost) = (text, true);
    }

    /// <summary>Ends the writing.</summary>
    public void Stop()
    {
        var stop = _stop;
        _stop = null;
        stop?.Cancel();
    }

    /// <summary>True where a part was accepted, false where it was refused, null where nobody decided.</summary>
    public bool? Of(string part) => _accepted.Contains(part) ? true : _refused.Contains(part) ? false : null;

    /// <summary>Decides about a part; the same decision again takes it back.</summary>
    public void Decide(string part, bool isAccepted)
    {
        var (into, from) = isAccepted ? (_accepted, _refused) : (_refused, _accepted);
        from.Remove(part);
        if (!into.Add(part))
        {
            into.Remove(part);
        }

        Weigh();
    }

    /// <summary>A definition, which somebody may have edited meanwhile, with what is not refused.</summary>
    public FlowDefinition Apply(FlowDefinition current) => Merge?.Apply(current, Taken) ?? current;

    /// <summary>What is to be kept until somebody decided; null where nothing is proposed.</summary>
    public OpenProposal? Kept => Proposal is null ? null : new OpenProposal(Text, Model, Took, Proposal, Before!, Merge!, [.. _accepted], [.. _refused]);

    /// <summary>Takes up a proposal that was kept.</summary>
    public void Restore(OpenProposal kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        Forget();
        (Text, Model, Took, Proposal, Before, Merge) = (kept.Text, kept.Model, kept.Took, kept.Proposal, kept.Before, kept.Merge);
        _accepted.UnionWith(kept.Accepted);
        _refused.UnionWith(kept.Refused);
        Weigh();
    }

    /// <summary>Forgets the proposal, or why there is none; what was asked stays.</summary>
    public void Forget()
    {
        (Proposal, Before, Merge, After, Error, IsLost) = (null, null, null, null, null, false);
        _refused.Clear();
        _accepted.Clear();
        Taken = new HashSet<string>();
        OnKeep?.Invoke(null, null);
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Weigh()
    {
        Taken = Merge!.Parts.Select(part => part.Key).Where(key => !_refused.Contains(key)).ToHashSet(StringComparer.Ordinal);
        After = Merge.Apply(Before!, Taken);
        OnKeep?.Invoke(Text, Kept);
    }

    private void Grow(int attempt, string piece)
    {
        if (Interlocked.Exchange(ref _attempt, attempt) != attempt)
        {
            Interlocked.Exchange(ref _written, 0);
        }

        Interlocked.Add(ref _written, piece.Length);
        Grown?.Invoke();
    }
}
