using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>Matrices of a file as float32.</summary>
internal static class FloatMatrix
{
    /// <summary>Matrices of one width under each other, <c>[rows, columns]</c>.</summary>
    public static float[] Stack(GgufFile file, params ReadOnlySpan<MatrixPart> parts)
    {
        var elements = 0L;
        foreach (var part in parts)
        {
            elements += part.Tensor.Elements;
        }

        var stack = new float[elements];
        var target = 0;
        foreach (var (tensor, _, order) in parts)
        {
            var columns = (int)tensor.Columns;
            for (var row = 0; row < tensor.Rows; row++, target += columns)
            {
                Dequantisation.Row(tensor.Type, file.Rows(tensor, order?.Invoke(row) ?? row, 1), stack.AsSpan(target, columns));
            }
        }

        return stack;
    }

    /// <summary><c>[rows, columns]</c> to <c>[columns, rows]</c>.</summary>
    public static float[] Transpose(ReadOnlySpan<float> matrix, int columns)
    {
        var rows = matrix.Length / columns;
        var turned = new float[matrix.Length];
        for (var i = 0; i < matrix.Length; i++)
        {
            turned[(i % columns * rows) + (i / columns)] = matrix[i];
        }

        return turned;
    }
}
