using Google.Protobuf;

namespace MistralStudio.Inference.Onnx;

/// <summary>Attributes of a node, one factory a type.</summary>
internal static class Attributes
{
    public static AttributeProto Int(string name, long value) => new() { Name = name, I = value, Type = 2 };

    public static AttributeProto Float(string name, float value) => new() { Name = name, F = value, Type = 1 };

    public static AttributeProto String(string name, string value) => new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = 3 };

    public static AttributeProto Ints(string name, params ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = 7 };
        foreach (var value in values)
        {
            attribute.Ints.Add(value);
        }

        return attribute;
    }
}
