using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace MistralStudio.Inference.Onnx;

/// <summary>
/// The external data of one graph: tensors one after the other, each at a page's start, so that ONNX Runtime maps them instead of reading
/// them. Nothing is kept in memory.
/// </summary>
internal sealed class WeightFile : IDisposable
{
    private const int PageSize = 4096;

    private readonly SafeFileHandle _file;
    private readonly string _name;
    private long _length;

    /// <param name="path">A new file, in the same folder as the graph that will name it.</param>
    public WeightFile(string path)
    {
        _name = Path.GetFileName(path);
        _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
    }

    /// <summary>Bytes written so far, padding included.</summary>
    public long Length => _length;

    /// <summary>Writes a tensor and returns the initialiser that points at it.</summary>
    public TensorProto Write(string name, ElementType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> data)
    {
        var offset = (_length + PageSize - 1) / PageSize * PageSize;
        RandomAccess.Write(_file, data, offset);
        _length = offset + data.Length;

        var tensor = new TensorProto { Name = name, DataType = (int)type, DataLocation = 1 };
        foreach (var dimension in shape)
        {
            tensor.Dims.Add(dimension);
        }

        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = _name });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = offset.ToString(CultureInfo.InvariantCulture) });
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = data.Length.ToString(CultureInfo.InvariantCulture) });
        return tensor;
    }

    /// <summary>Waits until everything is on the disk, so that a rename of the folder never shows a cut file.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    public void Dispose() => _file.Dispose();
}
