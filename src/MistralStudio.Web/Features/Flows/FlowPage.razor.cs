using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using Microsoft.JSInterop;
using MistralStudio.Core;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Flows;
using MistralStudio.Flows.Editing;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Hosting;
using MistralStudio.Flows.Words;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.Flows.FromWords;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Layout;

namespace MistralStudio.Web.Features.Flows;

/// <summary>A flow: its canvas, its outline, its source, its versions and what starts it.</summary>
public sealed partial class FlowPage : IDisposable
{
    private const int MostBases = 200;

    private readonly CancellationTokenSource _stop = new();
    private FlowState? _state;
    private EditorState? _editing;
    private EditorView? _editor;
    private WordsState? _words;
    private string? _loaded;
    private bool _missing;
    private bool _publishing;
    private bool _renaming;
    private bool _deleting;
    private string _text = "";

    [Inject] public required IFlowStore Store { get; set; }

    [Inject] public required IFlowVersions Versions { get; set; }

    [Inject] public required FlowPlans Plans { get; set; }

    [Inject] public required FlowPublication Publication { get; set; }

    [Inject] public required FlowRuns Runs { get; set; }

    [Inject] public required IBlobStore Blobs { get; set; }

    [Inject] public required FlowDrafts Drafts { get; set; }

    [Inject] public required DraftPins Pins { get; set; }

    [Inject] public required NodeCatalog Catalog { get; set; }

    [Inject] public required FlowWords Words { get; set; }

    [Inject] public required OpenProposals Proposals { get; set; }

    [Inject] public required TimeProvider Clock { get; set; }

    [Inject] public required IModelRouter Models { get; set; }

    [Inject] public required IKnowledgeStore Knowledge { get; set; }

    [Inject] public required NavigationManager Navigation { get; set; }

    [Inject] public required IJSRuntime Js { get; set; }

    [Inject] public required IStringLocalizer<FlowPageWords> Texts { get; set; }

    [Parameter] public string Workspace { get; set; } = "";

    /// <summary>The flow.</summary>
    [Parameter] public string Id { get; set; } = "";

    /// <summary>What is shown: null for the canvas.</summary>
    [SupplyParameterFromQuery(Name = "tab")]
    public string? Shown { get; set; }

    /// <summary>The template that it was just made of: its sample is filled in.</summary>
    [SupplyParameterFromQuery(Name = "template")]
    public string? Template { get; set; }

    /// <summary>The run that is shown below it.</summary>
    [SupplyParameterFromQuery(Name = "run")]
    public string? Run { get; set; }

    [CascadingParameter] public required WorkspaceScope Scope { get; set; }

    private string View => Shown is "outline" or "source" or "versions" or "triggers" ? Shown : "canvas";

    private (string? Undo, string? Redo) Next => _state!.Draft.NextOf(_state);

    // What was not saved says so, whoever asked for it.
    private Error? Wrong => _state!.Error ?? _state.Draft.Refusal;

    /// <inheritdoc/>
    protected override async Task OnParametersSetAsync()
    {
        if (_loaded == Id)
        {
            return;
        }

        _loaded = Id;
        Leave();
        var state = new FlowState(
            new FlowPageServices(Store, Versions, Plans, Publication, Runs, Blobs, RendererInfo.IsInteractive ? Drafts : null, Pins), Scope.Caller);
        _missing = !FlowId.TryParse(Id, null, out var id) || !await state.LoadAsync(id, _stop.Token);
        (_state, _editing) = (state, new EditorState(state, new NodeCatalogView(Catalog, Texts)));
        if (_missing)
        {
            return;
        }

        _words = WordsState.Allows(Scope.Caller) ? new WordsState(Words, Scope.Caller, Clock) : null;
        state.Draft.Edited += Edited;
        state.Draft.Saved += Saved;
        if (RendererInfo.IsInteractive)
        {
            if (_words is not null)
            {
                // Nothing of it is lost with the page, and the words not with the studio.
                var asked = await AskedAsync();
                if (Proposals.Find(Scope.Caller, id) is { } open)
                {
                    _words.Restore(open);
                }
                else if (asked is { Length: > 0 })
                {
                    _words.Recall(asked);
                }

                _words.OnKeep = (text, proposal) =>
                {
                    Proposals.Keep(Scope.Caller, id, proposal);
                    _ = KeepAskedAsync(text);
                };
                if (_words.Proposal is not null)
                {
                    await KeepAskedAsync(_words.Text);
                }
            }

            _editing.Models = Scope.May(Permissions.ModelsUse) ? [.. (await Models.ListAsync(Scope.Caller.Workspace, _stop.Token)).Where(model => model.Task == ModelTask.Chat)] : [];
            if (Scope.May(Permissions.KnowledgeRead))
            {
                var bases = await Knowledge.ListBasesAsync(Scope.Caller.Workspace, null, null, MostBases, _stop.Token);
                (_editing.Bases, _editing.KnowsBases) = ([.. bases.Items.Select(found => found.Name)], bases.After is null);
            }

            await MeetAsync();
        }
    }

    private RunId? ShownRun => RunId.TryParse(Run, null, out var run) && Scope.May(Permissions.RunsRead) ? run : null;

    // The run goes with the flow from one view to the next.
    private string Tab(string? tab) => At(tab, ShownRun);

    private string At(string? tab, RunId? run) => Navigation.GetUriWithQueryParameters(
        Scope.Url($"flows/{Id}"), new Dictionary<string, object?> { ["tab"] = tab, ["run"] = run?.ToString() });

    private string? On(string tab) => View == tab ? "on" : null;

    private string? Current(string tab) => View == tab ? "page" : null;

    private void ShowRun(RunId? run) => Navigation.NavigateTo(At(Shown, run), replace: true);

    private void GoTo(string? tab) => Navigation.NavigateTo(Tab(tab));

    private void ShowOnCanvas(string path)
    {
        _editing!.Arrive(path);
        GoTo(null);
    }

    private Task EditAsync(ChangeEventArgs change) => _state!.EditAsync(change.Value as string ?? "", _stop.Token);

    private Task SaveAsync() => _state!.SaveAsync(_stop.Token);

    private Task TheirsAsync() => _state!.LoadAsync(_state.Flow!.Id, _stop.Token);

    private Task StepAsync(bool back) => _editing!.StepAsync(back, _stop.Token);

    private async Task ProblemsAsync()
    {
        if (_editor is not null && View is "canvas" or "outline")
        {
            await _editor!.ShowProblemsAsync();
        }
        else
        {
            GoTo("source");
        }
    }

    private void OpenPublish()
    {
        _state!.Forget();
        (_publishing, _text) = (true, "");
    }

    private void OpenRename()
    {
        _state!.Forget();
        (_renaming, _text) = (true, _state.Flow!.Name);
    }

    private void OpenDelete()
    {
        _state!.Forget();
        _deleting = true;
    }

    private async Task PublishAsync()
    {
        _isPublishing = true;
        _publishing = !await _state!.PublishAsync(_text, _stop.Token);
        await HearAsync();
        _isPublishing = false;
    }

    private async Task RenameAsync() => _renaming = !await _state!.RenameAsync(_text, _stop.Token);

    private async Task DeleteAsync()
    {
        if (await _state!.DeleteAsync(_stop.Token))
        {
            Navigation.NavigateTo(Scope.Url("flows"));
        }
    }

    // The words that a proposal waits for, in the tab: the proposal itself is in the memory of the studio.
    private string Asked => $"words:{Id}";

    private async Task<string?> AskedAsync()
    {
        try
        {
            return await Js.InvokeAsync<string?>("sessionStorage.getItem", _stop.Token, Asked);
        }
        catch (Exception left) when (left is JSException or JSDisconnectedException)
        {
            return null; // storage may be forbidden, or the page was left
        }
    }

    private async Task KeepAskedAsync(string? text)
    {
        try
        {
            await (text is null ? Js.InvokeVoidAsync("sessionStorage.removeItem", _stop.Token, Asked) : Js.InvokeVoidAsync("sessionStorage.setItem", _stop.Token, Asked, text));
        }
        catch (Exception left) when (left is JSException or JSDisconnectedException or OperationCanceledException or ObjectDisposedException)
        {
            // storage may be forbidden, or the page was left
        }
    }

    // The part is a flow of its own from then on, whatever becomes of this draft.
    private async Task<string?> CollapseAsync(CollapsedPart part, string name)
    {
        var made = await _state!.MakeOfAsync(part.SubFlow, name, _stop.Token);
        if (made is null)
        {
            _editing!.Refuse(_state.Error!);
            _state.Forget();
        }

        return made;
    }

    private void Leave()
    {
        if (_state is { Flow: not null })
        {
            _state.Draft.Edited -= Edited;
            _state.Draft.Saved -= Saved;
            Part();
        }

        _words?.Dispose();
        _state?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Leave();
        _stop.Cancel();
        _stop.Dispose();
    }
}
