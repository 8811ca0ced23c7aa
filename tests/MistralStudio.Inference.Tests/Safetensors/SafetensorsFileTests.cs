using System.Buffers.Binary;
using System.Text;
using FsCheck.Xunit;
using MistralStudio.Inference.Safetensors;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Safetensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private const string Good = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[],"data_offsets":[8,9]}}""";

    private readonly string _path = Path.GetTempFileName();

    [Fact]
    public void Open_FindsEveryTensor_OfTheEmbeddingModel()
    {
        using var file = SafetensorsFile.Open(Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2", "model.safetensors")).Value;
        Assert.Equal(104, file.Tensors.Count);
        Assert.Equal(103, file.Tensors.Values.Count(tensor => tensor.Type == SafetensorsType.Float16));
        Assert.Equal([30522L, 384L], file.Tensors["embeddings.word_embeddings.weight"].Shape);
        Assert.All(file.Floats("embeddings.LayerNorm.weight", 384), weight => Assert.InRange(weight, -10, 10));
    }

    [Fact]
    public void Floats_ConvertsEveryRealType()
    {
        Write("""{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]},"f":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
            [0x00, 0x3E, 0xC0, 0x3F, 0x00, 0x00, 0xC0, 0x3F]);
        using var file = SafetensorsFile.Open(_path).Value;
        Assert.Equal((1.5f, 1.5f, 1.5f), (file.Floats("h", 1)[0], file.Floats("b", 1)[0], file.Floats("f", 1)[0]));
        Assert.Contains("[2] is expected", Assert.Throws<InvalidDataException>(() => file.Floats("f", 2)).Message);
        Assert.Contains("lacks the tensor x", Assert.Throws<InvalidDataException>(() => file.Floats("x", 1)).Message);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "its tensors end at byte")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,9]}}""", "not the size of its shape")]
    [InlineData("""{"a":{"dtype":"I8","shape":[10],"data_offsets":[0,10]}}""", "claims bytes 0 to 10 of 9")]
    [InlineData("""{"a":{"dtype":"I8","shape":[9],"data_offsets":[9,0]}}""", "claims bytes 9 to 0")]
    [InlineData("""{"a":{"dtype":"I8","shape":[8],"data_offsets":[1,9]}}""", "unclaimed bytes before the tensor a")]
    [InlineData("""{"a":{"dtype":"I8","shape":[9],"data_offsets":[0,9]},"b":{"dtype":"I8","shape":[1],"data_offsets":[4,5]}}""", "overlaps")]
    [InlineData("""{"a":{"dtype":"I8","shape":[9],"data_offsets":[0,9]},"a":{"dtype":"I8","shape":[0],"data_offsets":[9,9]}}""", "appears twice")]
    [InlineData("""{"a":{"dtype":"I64","shape":[9223372036854775807,9223372036854775807,4],"data_offsets":[0,9]}}""", "not the size of its shape")]
    [InlineData("""{"a":{"dtype":"I8","shape":[-9],"data_offsets":[0,9]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"I8","shape":[1,1,1,1,1,1,1,1,9],"data_offsets":[0,9]}}""", "at most 8")]
    [InlineData("""{"a":{"dtype":"Q7","shape":[9],"data_offsets":[0,9]}}""", "unsupported type \"Q7\"")]
    [InlineData("""{"a":{"dtype":"I8","shape":[9]}}""", "lacks its dtype")]
    [InlineData("""{"a":[]}""", "not described as the format demands")]
    [InlineData("""{"a":{"dtype":"I8","shape":[9],"data_offsets":[0,9]}} x""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"I8" """, "not valid JSON")]
    public void Open_SaysWhatIsWrong_WhenTheHeaderLies(string header, string reason)
    {
        Write(header, new byte[9]);
        var error = SafetensorsFile.Open(_path).Error!;
        Assert.Equal("model.unreadable", error.Code);
        Assert.Contains(reason, error.Message);
    }

    [Theory]
    [InlineData(new byte[0], "empty")]
    [InlineData(new byte[] { 1, 2, 3 }, "too short")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 1 }, "claims a header of 18,446,744,073,709,551,615 bytes")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 1 }, "claims a header of 0 bytes")]
    public void Open_SaysWhatIsWrong_WhenTheFileIsNone(byte[] bytes, string reason)
    {
        File.WriteAllBytes(_path, bytes);
        Assert.Contains(reason, SafetensorsFile.Open(_path).Error!.Message);
    }

    [Property(MaxTest = 300)]
    public bool Open_OpensOrExplains_AFileWithAnyByteChanged(ushort position, byte value)
    {
        Write(Good, new byte[9]);
        var bytes = File.ReadAllBytes(_path);
        bytes[position % bytes.Length] = value;
        return Judge(bytes);
    }

    [Property(MaxTest = 300)]
    public bool Open_OpensOrExplains_AFileCutAnywhereAndFilledUp(ushort position, byte[]? tail)
    {
        Write(Good, new byte[9]);
        var bytes = File.ReadAllBytes(_path);
        return Judge([.. bytes[..(position % (bytes.Length + 1))], .. tail ?? []]);
    }

    public void Dispose() => File.Delete(_path);

    /// <summary>Whatever the header says: a tensor lies inside the file, or the file is refused with a sentence.</summary>
    private bool Judge(byte[] bytes)
    {
        File.WriteAllBytes(_path, bytes);
        var opened = SafetensorsFile.Open(_path);
        if (!opened.IsSuccess)
        {
            return opened.Error.Code == "model.unreadable";
        }

        using var file = opened.Value;
        return file.Tensors.Values.All(tensor => file.Bytes(tensor).Length == tensor.Bytes);
    }

    private void Write(string header, ReadOnlySpan<byte> data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(_path, [.. length, .. json, .. data]);
    }
}
