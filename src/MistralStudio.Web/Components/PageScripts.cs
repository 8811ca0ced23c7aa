using Microsoft.JSInterop;

namespace MistralStudio.Web.Components;

/// <summary>The scripts of a component in its page: loaded and begun once it is drawn, ended with it. A page that is left meanwhile is no failure.</summary>
/// <param name="file">Address of the module that they are from.</param>
/// <param name="self">What they call the component by, let go of with them; null where they call nothing.</param>
internal sealed class PageScripts(IJSRuntime js, string file, IDisposable? self = null) : IAsyncDisposable
{
    private readonly List<IJSObjectReference> _begun = [];
    private IJSObjectReference? _module;
    private bool _isOver;

    /// <summary>True for what is thrown at whoever speaks to a page that was left.</summary>
    public static bool IsLeft(Exception thrown) => thrown is JSDisconnectedException or ObjectDisposedException or OperationCanceledException;

    /// <summary>Begins a script, which ends by its own <c>dispose</c>; null where the page was left before.</summary>
    public async Task<IJSObjectReference?> BeginAsync(string function, params object?[] args)
    {
        var script = await AskAsync<IJSObjectReference>(function, args);
        if (script is not null)
        {
            _begun.Add(script);
        }

        if (!_isOver)
        {
            return script;
        }

        await EndAsync();
        return null;
    }

    /// <summary>Asks the module; the default where the page was left before.</summary>
    public async Task<T?> AskAsync<T>(string function, params object?[] args)
    {
        try
        {
            return await LoadAsync() is { } module ? await module.InvokeAsync<T>(function, args) : default;
        }
        catch (Exception left) when (IsLeft(left))
        {
            return default;
        }
    }

    /// <summary>Has the module do something, where the page is still there.</summary>
    public async Task DoAsync(string function, params object?[] args)
    {
        try
        {
            await (await LoadAsync() is { } module ? module.InvokeVoidAsync(function, args) : ValueTask.CompletedTask);
        }
        catch (Exception left) when (IsLeft(left))
        {
            // there is nobody to see it
        }
    }

    /// <summary>Ends the scripts of a component; of one that was never drawn there are none.</summary>
    public static ValueTask EndAsync(PageScripts? scripts) => scripts?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        self?.Dispose();
        await EndAsync();
    }

    // Where the component ended while its module was on the way, nothing of it is wanted any more.
    private async Task<IJSObjectReference?> LoadAsync()
    {
        if (!_isOver)
        {
            _module ??= await js.InvokeAsync<IJSObjectReference>("import", file);
        }

        if (_isOver)
        {
            await EndAsync();
        }

        return _module;
    }

    // What begins while others end is ended by whoever began it.
    private async Task EndAsync()
    {
        var (begun, module) = (_begun.ToArray(), _module);
        _begun.Clear();
        _module = null;
        try
        {
            foreach (var script in begun)
            {
                await script.InvokeVoidAsync("dispose");
                await script.DisposeAsync();
            }

            if (module is not null)
            {
                await module.DisposeAsync();
            }
        }
        catch (Exception left) when (IsLeft(left))
        {
            // the page is gone already, and they with it
        }
    }
}
