using Microsoft.JSInterop;

namespace MistralStudio.Web.Components;

/// <summary>Scripts that a component began in its page.</summary>
internal static class PageScripts
{
    /// <summary>Ends scripts, each by its own <c>dispose</c>, then lets go of the module that they are from; of a page that is gone nothing is left to end.</summary>
    /// <param name="module">Null where it was not loaded.</param>
    /// <param name="scripts">Null where they did not begin.</param>
    public static async Task EndAsync(IJSObjectReference? module, params IJSObjectReference?[] scripts)
    {
        try
        {
            foreach (var script in scripts)
            {
                if (script is not null)
                {
                    await script.InvokeVoidAsync("dispose");
                    await script.DisposeAsync();
                }
            }

            if (module is not null)
            {
                await module.DisposeAsync();
            }
        }
        catch (JSDisconnectedException)
        {
            // the page is gone already
        }
    }
}
