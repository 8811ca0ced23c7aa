using MistralStudio.Core.Models;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Tests.Decoders;

public sealed class WeightPlanTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("llama-wide/llama-wide-q4_k_m", "Q4_K is used as it is, with its scales rounded to 16 bits. Q6_K is requantised to 8 bits.")]
    [InlineData("llama/llama-q4_1", "")]
    [InlineData("llama/llama-f16", "")]
    public void Notes_SayWhatIsDoneToEachType(string name, string notes)
    {
        using var file = GgufFile.Open(FamilyModel.Find(name)).Value;

        Assert.Equal(notes, string.Join(' ', WeightPlan.Notes(file, DecoderForm.Packed)));
    }

    [Fact]
    public void Notes_ForTheRuntimesOperators_NameWhatTheyHaveNoFormFor()
    {
        using var file = GgufFile.Open(FamilyModel.Find("llama/llama-q4_1")).Value;

        Assert.Equal(["Q4_1 is requantised to 8 bits."], WeightPlan.Notes(file, DecoderForm.NBits));
    }

    [Fact]
    public void AModelThatCannotBeComputed_IsListedAsFailed_WithItsArchitecturesName()
    {
        Directory.CreateDirectory(_folder.File("gemma"));
        _folder.Write("gemma/model.gguf", TinyDecoder.ToArray(TinyDecoder.Head("gemma3")));

        var model = ModelFolder.Scan(_folder.Path, areStarters: false).Single().Describe(new InferenceOptions { SlotTokens = 2048 });

        Assert.Equal((ModelState.Failed, "gemma3"), (model.State, model.Architecture));
        Assert.Contains("\"gemma3\" is not supported", model.Error!.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
