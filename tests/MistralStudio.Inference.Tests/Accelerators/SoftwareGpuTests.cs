using System.Text.RegularExpressions;

namespace MistralStudio.Inference.Tests.Accelerators;

public sealed partial class SoftwareGpuTests(ITestOutputHelper output)
{
    [Fact]
    public async Task TheDecoder_AnswersOnASoftwareGpu_AsOnTheProcessor()
    {
        var (exitCode, said) = await SoftwareGpu.RunAsync(typeof(DeviceDecoderTests), TestContext.Current.CancellationToken);

        output.WriteLine(said);
        Assert.Equal(0, exitCode);
        Assert.Matches(NoneSkipped(), said);
    }

    [GeneratedRegex("Total: [1-9][0-9]*, Errors: 0, Failed: 0, Skipped: 0")]
    private static partial Regex NoneSkipped();
}
