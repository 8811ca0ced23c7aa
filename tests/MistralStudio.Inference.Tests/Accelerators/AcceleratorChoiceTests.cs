using System.ComponentModel.DataAnnotations;
using MistralStudio.Inference.Accelerators;

namespace MistralStudio.Inference.Tests.Accelerators;

public sealed class AcceleratorChoiceTests
{
    [Theory]
    [InlineData("tpu", null, "Inference:Accelerator may be auto, cpu, webgpu or cuda.")]
    [InlineData("webgpu", null, "Inference:WebGpuLibrary has to name the provider's library.")]
    [InlineData("auto", "/absent/provider.so", "Inference:WebGpuLibrary is /absent/provider.so, which is no file.")]
    [InlineData("cuda", null, "this build has no CUDA, one with -p:Accelerator=cuda has.")]
    public void SettingsThatCannotWork_AreRefusedAtTheStart(string accelerator, string? library, string reason)
    {
        var options = new InferenceOptions { Accelerator = accelerator, WebGpuLibrary = library };
        var failures = new List<ValidationResult>();

        Assert.False(Validator.TryValidateObject(options, new ValidationContext(options), failures, validateAllProperties: true));
        Assert.Contains(failures, failure => failure.ErrorMessage!.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("auto", true)]
    [InlineData("Float16", true)]
    [InlineData("float32", true)]
    [InlineData("bfloat16", false)]
    public void Floats_AreThoseThatThereAre(string floats, bool isRight)
    {
        var options = new InferenceOptions { AcceleratorFloats = floats };
        var failures = new List<ValidationResult>();

        Assert.Equal(isRight, Validator.TryValidateObject(options, new ValidationContext(options), failures, validateAllProperties: true));
        Assert.Equal(isRight ? [] : ["Inference:AcceleratorFloats may be auto, float16 or float32."], failures.Select(failure => failure.ErrorMessage));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("cpu")]
    [InlineData("CPU")]
    public void TheProcessor_IsTaken_WhereNothingElseIsSet(string accelerator) =>
        Assert.Equal(AcceleratorChoice.Processor, AcceleratorChoice.Make(new InferenceOptions { Accelerator = accelerator }));

    [Fact]
    public void ALibraryThatIsNone_LeavesTheProcessor_AndTheReason()
    {
        var file = Path.GetTempFileName();
        try
        {
            var choice = AcceleratorChoice.Make(new InferenceOptions { Accelerator = "webgpu", WebGpuLibrary = file });

            Assert.Null(choice.Accelerator);
            Assert.Equal("accelerator.library_refused", choice.Reason!.Code);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
