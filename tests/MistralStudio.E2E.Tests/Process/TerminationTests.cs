using System.Net.Http.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>SIGTERM: no new work, what runs ends or stays where it can go on, exit code 0 within 20 s.</summary>
public sealed class TerminationTests
{
    private static readonly TimeSpan s_promised = TimeSpan.FromSeconds(20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhileNothingRuns_ItEndsAtOnce()
    {
        await using var studio = await StudioProcess.StartAsync();
        var (code, took) = await studio.TerminateAsync();
        Assert.Equal(0, code);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task WhileAnAnswerStreams_ItEndsTheAnswerWithASentence()
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        using var program = await studio.NewProgramAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new
            {
                model = "smollm2-135m-instruct",
                stream = true,
                ignore_eos = true,
                max_tokens = 1900,
                messages = new[] { new { role = "user", content = "Tell a very long story." } },
            }),
        };
        using var answer = await program.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(Token));
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(await reader.ReadLineAsync(Token));
        }

        var terminated = studio.TerminateAsync();
        var rest = await reader.ReadToEndAsync(Token);
        var (code, took) = await terminated;
        Assert.Equal(0, code);
        Assert.InRange(took, TimeSpan.Zero, s_promised);
        Assert.True(rest.Contains("data: [DONE]", StringComparison.Ordinal) || rest.Contains("The studio is being stopped.", StringComparison.Ordinal), rest[^Math.Min(rest.Length, 500)..]);
    }

    [Fact]
    public async Task WhileADocumentIsEmbedded_TheNextStartGoesOn()
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        using var program = await studio.NewProgramAsync();
        var ingestion = await Ingestions.CreateAsync(program);
        (await ingestion.AddAsync(Ingestions.Document(100))).EnsureSuccessStatusCode();
        await ingestion.WaitAsync(document => Ingestions.Is(document, "embedding"));
        var (code, took) = await studio.TerminateAsync();
        Assert.Equal(0, code);
        Assert.InRange(took, TimeSpan.Zero, s_promised);

        await using var again = await StudioProcess.StartAsync(studio.DataPath, studio.Url);
        await ingestion.WaitAsync(document => Ingestions.Is(document, "indexed"));
    }
}
