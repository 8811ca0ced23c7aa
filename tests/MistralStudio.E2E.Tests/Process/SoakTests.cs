using System.Globalization;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Soak;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>Thirty-two clients at once: nobody gets an error, or another's text.</summary>
public sealed class SoakTests
{
    [Fact]
    public Task AWhile_IsWithoutErrors_AndWithoutAnothersText() => SoakAsync(TimeSpan.FromSeconds(20));

    [Fact(Explicit = true)]
    public async Task HalfAnHour_IsWithoutErrors_AndTheMemoryIsFlat()
    {
        var report = await SoakAsync(TimeSpan.FromMinutes(30));
        Assert.InRange(report.MemoryGrowth(TimeSpan.FromMinutes(5)), 0, 1.05);
    }

    private static async Task<SoakReport> SoakAsync(TimeSpan length)
    {
        await using var studio = await StudioProcess.StartAsync(null, null, StudioProcess.Owner);
        using var program = await studio.NewProgramAsync();

        var report = await new SoakRun(studio, program, "smollm2-135m-instruct", clients: 32).RunAsync(length, TestContext.Current.CancellationToken);

        Assert.True(report.Errors.Count == 0, string.Create(CultureInfo.InvariantCulture, $"{report.Errors.Count} of {report.Answers.Values.Sum()}: {string.Join('\n', report.Errors.Take(5))}"));
        Assert.Equal(["long", "plain", "schema", "tool"], report.Answers.Keys);
        Assert.True(report.Left > 0);
        return report;
    }
}
