namespace MistralStudio.Inference.Decoders;

/// <summary>Queries far into a context are sharpened: multiplied with <c>1 + beta * ln(1 + floor(position / span))</c> (Ministral 3).</summary>
internal sealed record QueryTemperature(double Beta, long Span)
{
    /// <summary>What the queries of a position are multiplied with.</summary>
    public float At(int position) => (float)(1 + (Beta * Math.Log(1 + Math.Floor((double)position / Span))));
}
