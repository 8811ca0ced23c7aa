using MistralStudio.Inference.Gguf;

namespace MistralStudio.Inference.Decoders;

/// <summary>Which matrices of a decoder are multiplied as float32 rather than in blocks of few bits.</summary>
internal sealed class WeightPlan
{
    /// <summary>Weights up to which a model stored in floats is small: 64 MB as float32.</summary>
    private const long SmallModel = 16_000_000;

    private readonly bool _allFloat;
    private readonly bool _isSmall;

    /// <param name="allFloat">True keeps every number as the file says it, whatever that costs: for measuring.</param>
    public WeightPlan(GgufFile file, bool allFloat)
    {
        _allFloat = allFloat;
        _isSmall = file.Tensors.Values.Sum(tensor => (decimal)tensor.Elements) <= SmallModel;
    }

    /// <summary>Whether a matrix of this type stays float.</summary>
    public bool IsFloat(GgmlType type) => _allFloat || (_isSmall && type is GgmlType.F32 or GgmlType.F16 or GgmlType.BF16);

    /// <summary>What a person should know of how a file's weights are changed here, one sentence a type; read from the header alone.</summary>
    /// <param name="form">Whose operators compute.</param>
    public static IReadOnlyList<string> Notes(GgufFile file, DecoderForm form)
    {
        var plan = new WeightPlan(file, allFloat: false);
        return
        [
            .. file.Tensors.Values
                .Where(tensor => tensor.Rows > 1 && !plan.IsFloat(tensor.Type))
                .Select(tensor => tensor.Type)
                .Distinct()
                .Order()
                .Select(type => Note(type, form))
                .OfType<string>(),
        ];
    }

    private static string? Note(GgmlType type, DecoderForm form) => type switch
    {
        GgmlType.Q4_0 or GgmlType.Q5_0 or GgmlType.Q8_0 => null,
        GgmlType.Q4_1 or GgmlType.Q5_1 when form == DecoderForm.Packed => null,
        GgmlType.Q4_K or GgmlType.Q5_K when form == DecoderForm.Packed => $"{type} is used as it is, with its scales rounded to 16 bits.",
        _ => $"{type} is requantised to 8 bits.",
    };
}
