using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Operators;

namespace MistralStudio.Benchmarks;

/// <summary>What the weights of a file lose on their way into the form that is computed with.</summary>
internal static class WeightErrors
{
    /// <summary>For each type of the file's matrices: its share of the weights, and the RMS of the differences by the RMS of the weights.</summary>
    public static IReadOnlyList<(GgmlType Type, double Share, double Error)> Measure(GgufFile file)
    {
        var matrices = file.Tensors.Values.Where(tensor => tensor.Rows > 1).ToList();
        var all = (double)matrices.Sum(tensor => tensor.Elements);
        return
        [
            .. matrices.GroupBy(tensor => tensor.Type).OrderBy(group => group.Key).Select(group =>
            {
                var (lost, kept) = (0.0, 0.0);
                foreach (var tensor in group)
                {
                    var (l, k) = Measure(file, tensor);
                    (lost, kept) = (lost + l, kept + k);
                }

                return (group.Key, group.Sum(tensor => tensor.Elements) / all, Math.Sqrt(lost / kept));
            }),
        ];
    }

    private static (double Lost, double Kept) Measure(GgufFile file, GgufTensor tensor)
    {
        var columns = (int)tensor.Columns;
        var format = PackedMatrix.FormatOf(tensor.Type);
        var row = new BlockRow(format, columns);
        var exact = new float[columns];
        var (lost, kept) = (0.0, 0.0);
        for (var r = 0; r < tensor.Rows; r++)
        {
            var source = file.Rows(tensor, r, 1);
            Dequantisation.Row(tensor.Type, source, exact);
            row.Read(tensor.Type, source);
            for (var i = 0; i < columns; i++)
            {
                var b = i / PackedMatrix.Block;
                var scale = (double)(Half)row.Scales[b];
                var offset = format.HasOffset() ? (double)(Half)row.Offsets[b] : -(format.IsFourBits() ? 8 : 128) * scale;
                var difference = (scale * row.Levels[i]) + offset - exact[i];
                lost += difference * difference;
                kept += (double)exact[i] * exact[i];
            }
        }

        return (lost, kept);
    }
}
