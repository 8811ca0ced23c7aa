using Microsoft.AspNetCore.Components.Server.Circuits;

namespace MistralStudio.Web.Layout;

/// <summary>Whether the browser of an open page can be reached. A page outlives its window and its connection for minutes; what others see of whoever had it open must not.</summary>
public sealed class PageConnection : CircuitHandler
{
    /// <summary>It went away (false), or came back (true). Called on the circuit's own dispatcher.</summary>
    public event Action<bool>? Changed;

    /// <inheritdoc/>
    public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken) => Say(true);

    /// <inheritdoc/>
    public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken) => Say(false);

    private Task Say(bool isThere)
    {
        Changed?.Invoke(isThere);
        return Task.CompletedTask;
    }
}
