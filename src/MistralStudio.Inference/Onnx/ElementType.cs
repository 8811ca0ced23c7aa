namespace MistralStudio.Inference.Onnx;

/// <summary>Element types of ONNX tensors, by their number in <c>TensorProto.DataType</c>.</summary>
internal enum ElementType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Float16 = 10,
}
