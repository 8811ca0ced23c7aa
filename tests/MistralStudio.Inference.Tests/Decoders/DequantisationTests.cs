using System.Text.Json;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Decoders;

public sealed class DequantisationTests
{
    private static readonly string[] s_types = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"];

    [Fact]
    public void Row_GivesTheReferenceBits_ForEveryBlockOfEveryType()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("data", "models-tiny", "families", "dequant-golden.json")));
        foreach (var name in s_types)
        {
            var blocks = golden.RootElement.GetProperty("types").GetProperty(name).GetProperty("blocks");
            Assert.NotEqual(0, blocks.GetArrayLength());
            foreach (var block in blocks.EnumerateArray())
            {
                var expected = block.GetProperty("values").EnumerateArray().Select(value => value.GetSingle()).ToArray();
                var values = new float[expected.Length];
                Dequantisation.Row(Enum.Parse<GgmlType>(name), Convert.FromHexString(block.GetProperty("hex").GetString()!), values);
                Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), values.Select(BitConverter.SingleToUInt32Bits));
            }
        }
    }

    [Fact]
    public void Row_ReadsManyBlocks_AsItReadsEachAlone()
    {
        var random = new Random(11);
        foreach (var type in Enum.GetValues<GgmlType>().Where(type => Dequantisation.Supports(type)))
        {
            var (elements, bytes) = GgmlTypes.Block(type)!.Value;
            var source = new byte[bytes * 70];
            random.NextBytes(source);
            var together = new float[elements * 70];
            Dequantisation.Row(type, source, together);
            var alone = new float[elements * 70];
            for (var i = 0; i < 70; i++)
            {
                Dequantisation.Row(type, source.AsSpan(i * bytes, bytes), alone.AsSpan(i * elements, elements));
            }

            Assert.Equal(alone.Select(BitConverter.SingleToUInt32Bits), together.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    [Theory]
    [InlineData("Q4_0", 17, 32)]
    [InlineData("Q4_0", 18, 31)]
    [InlineData("Q6_K", 210, 512)]
    [InlineData("F16", 4, 1)]
    public void Row_Refuses_BytesThatAreNotTheNumbers(string type, int bytes, int numbers) =>
        Assert.Throws<ArgumentException>(() => Dequantisation.Row(Enum.Parse<GgmlType>(type), new byte[bytes], new float[numbers]));
}
