using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Api;

/// <summary>A client that leaves, on a real socket and with the real engine.</summary>
public sealed class AbortedStreamTests
{
    private const string Model = "smollm2-135m-instruct";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AClientThatLeaves_LeavesTheEngineIdle()
    {
        await using var server = await StudioServer.StartAsync();
        var (_, program) = await server.NewProgramAsync();
        using var client = program;
        var models = server.Services.GetRequiredService<IModelHost>();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                $$"""{"model":"{{Model}}","stream":true,"n":2,"ignore_eos":true,"max_tokens":1900,"messages":[{"role":"user","content":"Tell a long story."}]}""",
                Encoding.UTF8, "application/json"),
        };
        using (var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
            Assert.StartsWith("data: ", await reader.ReadLineAsync(Token), StringComparison.Ordinal);
            Assert.Equal(1, models.Find(Model)!.ActiveRequests);
        }

        var left = Stopwatch.GetTimestamp();
        while (models.Find(Model)!.ActiveRequests > 0)
        {
            Unhurried.Ended(left);
            await Task.Delay(10, Token);
        }
    }
}
