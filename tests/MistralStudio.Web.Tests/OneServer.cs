namespace MistralStudio.Web.Tests;

/// <summary>One server for the tests of a class that leave it as they found it.</summary>
public sealed class OneServer : IAsyncLifetime
{
    public StudioServer Studio { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Studio = await StudioServer.StartAsync();

    public ValueTask DisposeAsync() => Studio.DisposeAsync();
}
