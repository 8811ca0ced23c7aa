using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Safetensors;

/// <summary>A safetensors file, mapped into memory. Spans it hands out are valid until disposal.</summary>
internal sealed class SafetensorsFile : IDisposable
{
    private readonly MappedFile _file;

    private SafetensorsFile(MappedFile file, Dictionary<string, SafetensorsTensor> tensors)
    {
        _file = file;
        Tensors = tensors;
    }

    /// <summary>Tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    /// <summary>Maps a file and checks its header; a damaged or foreign file is <see cref="ModelErrors.Unreadable"/> with the reason.</summary>
    public static Result<SafetensorsFile> Open(string path)
    {
        MappedFile? file = null;
        try
        {
            file = new MappedFile(path);
            var length = SafetensorsHeader.Length(file.Slice(0, (int)Math.Min(8, file.Length)), file.Length);
            return new SafetensorsFile(file, SafetensorsHeader.Read(file.Slice(8, length), file.Length));
        }
        catch (Exception damaged) when (damaged is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            file?.Dispose();
            var reason = damaged is InvalidDataException ? damaged.Message
                : !File.Exists(path) ? "it does not exist"
                : new FileInfo(path).Length == 0 ? "it is empty"
                : damaged.Message.TrimEnd('.');
            return ModelErrors.Unreadable(Path.GetFileName(path), reason);
        }
    }

    /// <summary>A tensor as it is stored.</summary>
    /// <exception cref="OverflowException">The tensor is 2 GB or more.</exception>
    public ReadOnlySpan<byte> Bytes(SafetensorsTensor tensor) => _file.Slice(tensor.Offset, checked((int)tensor.Bytes));

    /// <summary>A tensor of F16, BF16 or F32 in single precision.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The shape that it must have.</param>
    /// <exception cref="InvalidDataException">There is no such tensor, or it is another one; the message says how.</exception>
    public float[] Floats(string name, params ReadOnlySpan<long> shape)
    {
        var tensor = Reals(name, shape);
        var bytes = Bytes(tensor);
        var floats = new float[tensor.Bytes / SafetensorsTensor.ElementBytes(tensor.Type)];
        switch (tensor.Type)
        {
            case SafetensorsType.Float32:
                bytes.CopyTo(MemoryMarshal.AsBytes(floats.AsSpan()));
                return floats;
            case SafetensorsType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), floats);
                return floats;
            default:
                var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (var i = 0; i < floats.Length; i++)
                {
                    floats[i] = BitConverter.Int32BitsToSingle(halves[i] << 16);
                }

                return floats;
        }
    }

    /// <summary>A tensor of F16, BF16 or F32, without reading its numbers.</summary>
    /// <inheritdoc cref="Floats"/>
    public SafetensorsTensor Reals(string name, params ReadOnlySpan<long> shape)
    {
        if (!Tensors.TryGetValue(name, out var tensor))
        {
            throw new InvalidDataException($"it lacks the tensor {name}");
        }

        if (!shape.SequenceEqual(tensor.Shape.ToArray()))
        {
            throw new InvalidDataException(
                $"the tensor {name} has the shape [{string.Join(", ", tensor.Shape)}] where [{string.Join(", ", shape.ToArray())}] is expected");
        }

        return tensor.Type is SafetensorsType.Float32 or SafetensorsType.Float16 or SafetensorsType.BFloat16
            ? tensor
            : throw new InvalidDataException($"the tensor {name} has the type {tensor.Type} where real numbers are expected");
    }

    public void Dispose() => _file.Dispose();
}
