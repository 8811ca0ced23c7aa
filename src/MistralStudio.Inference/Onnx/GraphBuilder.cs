using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Google.Protobuf;
using MistralStudio.Inference.Operators;

namespace MistralStudio.Inference.Onnx;

/// <summary>
/// Writes an ONNX graph: nodes in the order they run, weights into a <see cref="WeightFile"/>, small constants inside the graph. Values are
/// named by their producer, so a profile reads like the model.
/// </summary>
internal sealed class GraphBuilder(string name, WeightFile weights)
{
    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    private const int IrVersion = 10;
    private const int OpsetVersion = 21;

    private readonly GraphProto _graph = new() { Name = name };

    /// <summary>Declares an input of the graph.</summary>
    public string Input(string name, ElementType type, params ReadOnlySpan<Dimension> shape)
    {
        _graph.Input.Add(Describe(name, type, shape));
        return name;
    }

    /// <summary>Declares that a value is an output of the graph.</summary>
    public void Output(string name, ElementType type, params ReadOnlySpan<Dimension> shape) =>
        _graph.Output.Add(Describe(name, type, shape));

    /// <summary>Adds a node with one output and returns that output's name.</summary>
    public string Node(string op, string output, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Node("", op, [output], inputs, attributes);

    /// <summary>Adds a node of ONNX Runtime's own domain with one output and returns that output's name.</summary>
    public string MicrosoftNode(string op, string output, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes) =>
        Node(Microsoft, op, [output], inputs, attributes);

    /// <summary>Adds a node; an empty name leaves an optional input or output out. Returns the first output's name.</summary>
    public string Node(
        string domain, string op, ReadOnlySpan<string> outputs, ReadOnlySpan<string> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { OpType = op, Domain = domain, Name = $"{outputs[0]}:{op}" };
        foreach (var input in inputs)
        {
            node.Input.Add(input);
        }

        foreach (var output in outputs)
        {
            node.Output.Add(output);
        }

        foreach (var attribute in attributes)
        {
            node.Attribute.Add(attribute);
        }

        _graph.Node.Add(node);
        return outputs[0];
    }

    /// <summary>Adds a weight, stored in the weight file, and returns its name.</summary>
    public string Weight<T>(string name, ElementType type, ReadOnlySpan<long> shape, ReadOnlySpan<T> data)
        where T : unmanaged
    {
        _graph.Initializer.Add(weights.Write(name, type, shape, MemoryMarshal.AsBytes(data)));
        return name;
    }

    /// <summary>Adds a second name, with a shape of its own, for the bytes of a weight: tied embeddings are stored once.</summary>
    public string Alias(string name, string weight, params ReadOnlySpan<long> shape)
    {
        var alias = _graph.Initializer.Single(tensor => tensor.Name == weight).Clone();
        alias.Name = name;
        alias.Dims.Clear();
        foreach (var dimension in shape)
        {
            alias.Dims.Add(dimension);
        }

        _graph.Initializer.Add(alias);
        return name;
    }

    /// <summary>Adds a small constant, stored inside the graph, and returns its name.</summary>
    public string Constant<T>(string name, ElementType type, ReadOnlySpan<long> shape, params ReadOnlySpan<T> data)
        where T : unmanaged
    {
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(data)) };
        foreach (var dimension in shape)
        {
            tensor.Dims.Add(dimension);
        }

        _graph.Initializer.Add(tensor);
        return name;
    }

    /// <summary>Adds floats as a weight of a float type, each rounded once.</summary>
    public string FloatWeight(string name, ElementType type, ReadOnlySpan<long> shape, ReadOnlySpan<float> data) =>
        type == ElementType.Float16 ? Weight<Half>(name, type, shape, Halves(data)) : Weight(name, type, shape, data);

    /// <summary>Adds floats as a small constant of a float type, each rounded once.</summary>
    public string FloatConstant(string name, ElementType type, ReadOnlySpan<long> shape, params ReadOnlySpan<float> data) =>
        type == ElementType.Float16 ? Constant<Half>(name, type, shape, Halves(data)) : Constant(name, type, shape, data);

    /// <summary>Adds a node that makes other numbers of a value's numbers, and returns their name.</summary>
    public string Cast(string output, string input, ElementType type) => Node("Cast", output, [input], Attributes.Int("to", (long)type));

    /// <summary>Adds a constant vector of 64-bit numbers (shapes, axes) and returns its name.</summary>
    public string Int64s(string name, params ReadOnlySpan<long> values) => Constant(name, ElementType.Int64, [values.Length], values);

    /// <summary>Adds a constant scalar and returns its name.</summary>
    public string Scalar(string name, float value) => Constant(name, ElementType.Float, [], [value]);

    /// <summary>Writes the graph to a file beside its weights.</summary>
    public void Save(string path)
    {
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "MistralStudio", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OpsetVersion });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = Microsoft, Version = 1 });
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = OperatorLibrary.Domain, Version = 1 });

        weights.Flush();
        using var file = File.Create(path);
        model.WriteTo(file);
        file.Flush(flushToDisk: true);
    }

    private static Half[] Halves(ReadOnlySpan<float> data)
    {
        var halves = new Half[data.Length];
        TensorPrimitives.ConvertToHalf(data, halves);
        return halves;
    }

    private static ValueInfoProto Describe(string name, ElementType type, ReadOnlySpan<Dimension> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var dimension in shape)
        {
            dimensions.Dim.Add(dimension.Name is null
                ? new TensorShapeProto.Types.Dimension { DimValue = dimension.Value }
                : new TensorShapeProto.Types.Dimension { DimParam = dimension.Name });
        }

        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions };
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } };
    }
}
