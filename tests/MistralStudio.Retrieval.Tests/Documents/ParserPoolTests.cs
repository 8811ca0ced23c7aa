using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Retrieval.Documents;
using MistralStudio.Retrieval.Documents.Worker;

namespace MistralStudio.Retrieval.Tests.Documents;

/// <summary>The children that read documents, as processes.</summary>
public sealed class ParserPoolTests
{
    private static readonly ParserLaunch s_launch = ParserLaunch.Of(typeof(ParserPoolTests).Assembly);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ParseLimits Limits => ParseLimits.From(new() { Ocr = false });

    [Fact]
    public async Task OneChild_ReadsDocumentAfterDocument_AndStaysWarm()
    {
        using var pool = DocumentReaderTests.Pool(new() { Ocr = false, Parsers = 1 });
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"# {i}", (await pool.ReadAsync(Encoding.UTF8.GetBytes($"# {i}"), "a.md", _ => { }, Token)).Value.Text);
        }

        Assert.Equal(1, pool.Idle);
    }

    [Fact]
    public async Task IdleChildren_AreLetGo()
    {
        var time = new FakeTimeProvider();
        using var pool = new ParserPool(s_launch, Options.Create(new KnowledgeOptions { Ocr = false }), time, NullLogger<ParserPool>.Instance);
        Assert.True((await pool.ReadAsync("# a"u8.ToArray(), "a.md", _ => { }, Token)).IsSuccess);
        Assert.Equal(1, pool.Idle);

        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(0, pool.Idle);
    }

    [Fact]
    public async Task ChildEndedFromOutside_IsReplaced_AndNothingIsLost()
    {
        using var child = ParserProcess.Start(s_launch, 1 << 30)!;
        Assert.True((await child.ReadAsync("# a"u8.ToArray(), "a.md", Limits, _ => { }, Token))!.Value.IsSuccess);
        using var process = Process.GetProcessById(child.Id);
        process.Kill();

        Assert.Null(await child.ReadAsync("# b"u8.ToArray(), "b.md", Limits, _ => { }, Token));
        Assert.False(child.IsAlive);
    }

    [Fact]
    public async Task DocumentThatTakesTooLong_EndsItsChild_WithOneSentence()
    {
        using var child = ParserProcess.Start(s_launch, 1 << 30)!;
        // Half a million cells keep it busy for longer than a millisecond.
        var csv = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a,b,c,d,e\n", 200_000)));

        var result = await child.ReadAsync(csv, "long.csv", Limits with { MillisecondsLeft = 1 }, _ => { }, Token);

        Assert.Equal("document.took_too_long", result!.Value.Error?.Code);
    }

    [Fact]
    public async Task DocumentThatNeedsTooMuchMemory_EndsItsChild_WithOneSentence()
    {
        using var child = ParserProcess.Start(s_launch, 96 << 20)!;
        var html = Encoding.UTF8.GetBytes("<html><body>" + string.Concat(Enumerable.Repeat("<p><b>word</b> <i>word</i></p>", 400_000)));

        var result = await child.ReadAsync(html, "large.html", Limits, _ => { }, Token);

        Assert.Equal("document.too_much_memory", result!.Value.Error?.Code);
        Assert.False(child.IsAlive);
    }

    [Fact]
    public async Task CancelledReading_EndsItsChild()
    {
        using var child = ParserProcess.Start(s_launch, 1 << 30)!;
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var csv = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a,b,c,d,e\n", 1_000_000)));

        // Cancelled once it works: its first progress says so.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => child.ReadAsync(csv, "long.csv", Limits, _ => cancel.Cancel(), cancel.Token));

        Assert.False(child.IsAlive);
    }

    [Fact]
    public async Task ProgramThatIsNotThere_FailsTheDocument_NotTheProcess()
    {
        using var pool = new ParserPool(
            new("/nowhere/at/all", []), Options.Create(new KnowledgeOptions()), TimeProvider.System, NullLogger<ParserPool>.Instance);

        Assert.Equal("document.parser_unavailable", (await pool.ReadAsync("# a"u8.ToArray(), "a.md", _ => { }, Token)).Error?.Code);
    }

    [Fact]
    public void Child_SeesNoSettings_AndNoSecrets()
    {
        Environment.SetEnvironmentVariable("Setup__Owner__Password", "secret");
        try
        {
            var environment = s_launch.Describe(1 << 30).Environment;

            Assert.DoesNotContain("secret", environment.Values);
            Assert.Equal("40000000", environment["DOTNET_GCHeapHardLimit"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("Setup__Owner__Password", null);
        }
    }
}
