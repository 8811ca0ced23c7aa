using Microsoft.AspNetCore.Components;
using MistralStudio.Core.Ids;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <content>The run that is shown with the flow.</content>
public partial class EditorView
{
    private RunDock? _dock;
    private readonly CancellationTokenSource _stop = new();
    private RunViewState? _run;
    private RunViewState? _last;
    private long _moment;

    /// <summary>The run that is shown with the flow; null for none.</summary>
    [Parameter]
    public RunId? Run { get; set; }

    /// <summary>Another run is to be shown; null for none.</summary>
    [Parameter]
    public EventCallback<RunId?> OnRun { get; set; }

    // Where no run is shown the outline says what the last one made of each step; the canvas shows the flow as it is.
    private RunViewState? Ran => _run ?? (IsOutline ? _last : null);

    private bool IsOutline => View == "outline" || _phone;

    private async Task LookBackAsync()
    {
        try
        {
            var last = new RunViewState(Services, Scope.Caller);
            if (await last.LoadLastAsync(State.Flow.Flow!.Id, _stop.Token) && _last is null)
            {
                _last = last;
                ShowRun();
            }
        }
        catch (OperationCanceledException)
        {
            // the page was left
        }
    }

    private void ShowRound(RoundChoice choice)
    {
        if (_run?.ContainerOf(choice.Card) is { } container)
        {
            _run.ShowRound(container, choice.Round);
            ShowRun();
        }
    }

    private async Task ShownAsync(RunViewState run)
    {
        var isFirst = _run is null;
        _run = run;
        ShowRun();
        if (isFirst)
        {
            await State.Flow.Form.RecallAsync(run, CancellationToken.None);
            StateHasChanged();
        }
    }

    private void ShowRun()
    {
        _moment++;
        OnParametersSet();
        StateHasChanged();
    }

    // Too narrow for both: the run has its page.
    private async Task StartedAsync(RunId run)
    {
        if (_phone)
        {
            Navigation.NavigateTo(Scope.Url($"runs/{run}"));
        }
        else
        {
            await OnRun.InvokeAsync(run);
        }
    }

    // What keeps it from beginning is said at its fields.
    private async Task RunAgainAsync()
    {
        if (await State.Flow.Form.StartAsync(CancellationToken.None) is { } run)
        {
            await StartedAsync(run);
        }
        else
        {
            await CloseAsync();
            _panel = true;
        }
    }
}
