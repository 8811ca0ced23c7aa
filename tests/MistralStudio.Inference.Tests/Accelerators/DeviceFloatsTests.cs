using MistralStudio.Core;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Tests.Accelerators;

public sealed class DeviceFloatsTests
{
    private const int Vocabulary = 4;

    private static readonly Error s_refusal = new("accelerator.no_float16", "No shader-f16.", "");
    private static readonly float[] s_expected = [1, 2, 3, 4, 0, 0, 0, 9];

    [Theory]
    [InlineData("auto", true, "float16", null)]
    [InlineData("auto", false, "float32", "accelerator.no_float16")]
    [InlineData("float16", true, "float16", null)]
    [InlineData("Float16", false, "float32", "accelerator.no_float16")]
    [InlineData("FLOAT32", true, "float32", "accelerator.float32_is_set")]
    [InlineData("float32", false, "float32", "accelerator.float32_is_set")]
    public void Floats_AreTheShortOnes_WhereTheDeviceHasThem_AndTheOperatorDoesNotForbidThem(string setting, bool hasHalf, string name, string? reason)
    {
        var floats = DeviceFloats.Choose(setting, () => hasHalf ? null : s_refusal);

        Assert.Equal((name, reason), (floats.Name, floats.Reason?.Code));
    }

    [Fact]
    public void ADevice_IsNotTried_WhereFloat32IsSet() =>
        Assert.Equal(ElementType.Float, DeviceFloats.Choose("float32", () => throw new InvalidOperationException("asked")).Type);

    [Fact]
    public void ADeviceThatLeavesFloat16ToTheProcessor_HasNone()
    {
        var device = new ProcessorAsDevice();

        Assert.Null(AcceleratorProbe.Run(device));
        var refusal = AcceleratorProbe.RunHalf(device);
        Assert.Equal("accelerator.no_float16", refusal?.Code);
        Assert.Contains("assigned to the default CPU", refusal!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[ErrorCode:Fail] Non-zero status code returned while running Cast node. Name:'narrow:Cast' Status Message: shader_helper.cc:416 GenerateSourceCode Program Cast requires f16 but the device does not support it.\nmore", "Program Cast requires f16 but the device does not support it")]
    [InlineData("[ErrorCode:NoSuchFile] Load model failed.", "Load model failed")]
    [InlineData("a product of 1 came out as 2", "a product of 1 came out as 2")]
    public void AReason_IsWhatFailed_NotWhere(string said, string shown) =>
        Assert.Equal($"WebGPU does not compute in float16: {shown}.", AcceleratorErrors.NoHalf("WebGPU", said).Message);

    [Theory]
    [InlineData("auto", 0.01f, true)]
    [InlineData("auto", 2f, false)]
    [InlineData("float16", 2f, true)]
    [InlineData("auto", float.NaN, false)]
    [InlineData("float16", float.NaN, false)]
    [InlineData("float16", float.NegativeInfinity, false)]
    public void AModel_IsComputedInFloat16_WhereItsAnswersStay(string setting, float change, bool isKept)
    {
        // In the second position only: each of them counts.
        float[] found = [.. s_expected];
        found[5] += change * 3;
        found[7] -= change * 3;

        var error = FloatsTrial.Judge("WebGPU", s_expected, found, Vocabulary, DeviceFloats.IsForced(setting));

        Assert.Equal(isKept ? null : AcceleratorErrors.HalfRefusedCode, error?.Code);
        if (error is not null)
        {
            Assert.Contains(float.IsFinite(change) ? "nats" : "no numbers", error.Message, StringComparison.Ordinal);
            Assert.NotEmpty(error.Next);
        }
    }

    [Fact]
    public void Divergence_IsThatOfTheWorstPosition()
    {
        float[] found = [2, 3, 4, 5, 0, 0, 1, 9];

        // The first is the same distribution with other numbers; the second is 9 against 1 in e^9.
        var e9 = Math.Exp(9);
        var (sum, other) = (e9 + 3, e9 + 2 + Math.E);
        var expected = (3 / sum * Math.Log(other / sum)) + (e9 / sum * Math.Log(other / sum)) - (1 / sum);
        Assert.Equal(expected, FloatsTrial.Divergence(s_expected, found, Vocabulary), 1e-7);
        Assert.Equal(double.PositiveInfinity, FloatsTrial.Divergence(s_expected, [float.NaN, 1, 1, 1, 1, 1, 1, 1], Vocabulary));
    }
}
