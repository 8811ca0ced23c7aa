using System.Diagnostics;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Api;

/// <summary>The official clients where it matters what the model says; the rest of what they do is in <c>tests/clients</c>.</summary>
public sealed class OfficialClientTests : IAsyncLifetime
{
    private readonly ApiStudio _studio = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _studio.DisposeAsync();

    [Fact]
    public async Task ParallelCalls_ArePutTogether_ByBothClients()
    {
        _studio.Chat = new(_ => "")
        {
            Updates =
            [
                new(ChatRole.Assistant, "I look."),
                new(ChatRole.Assistant, [Call("a", "Paris"), Call("b", "Rome")]),
                new(ChatRole.Assistant, [new UsageContent(new())]) { FinishReason = ChatFinishReason.ToolCalls },
            ],
        };
        await RunAsync("parallel");
    }

    [Fact]
    public async Task ABusyModel_IsTriedAgain_WhenItSaid()
    {
        _studio.Chat = new(_ => "Sun.") { Failure = (0, ModelErrors.QueueFull(64)), FailingRequests = 2, RetryAfter = TimeSpan.FromSeconds(1) };
        await RunAsync("busy");
    }

    [Fact]
    public async Task AStreamThatBreaksOff_IsAnErrorOfTheClient()
    {
        _studio.Chat = new(_ => "Sun and rain") { Failure = (1, ModelErrors.EngineFailed("scripted")) };
        await RunAsync("broken");
    }

    private static FunctionCallContent Call(string id, string city) => new(id, "get_weather", new Dictionary<string, object?> { ["city"] = city });

    private async Task RunAsync(string scenario)
    {
        var folder = Path.Combine(SharedData.Root, "tests", "clients");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules")), "The official clients are not installed: npm ci in tests/clients.");
        var url = _studio.Listen();
        using var client = await _studio.SignedInAsync();
        var start = new ProcessStartInfo("node", ["scripted/scenarios.mjs"])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            Environment =
            {
                ["STUDIO_URL"] = url.ToString().TrimEnd('/'),
                ["STUDIO_KEY"] = client.DefaultRequestHeaders.Authorization!.Parameter,
                ["SCENARIO"] = scenario,
            },
        };
        using var node = Process.Start(start)!;
        var error = await node.StandardError.ReadToEndAsync(Token);
        await node.WaitForExitAsync(Token);
        Assert.True(node.ExitCode == 0, error);
    }
}
