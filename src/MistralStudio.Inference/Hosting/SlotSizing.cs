using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Hosting;

/// <summary>What a chat model takes in memory.</summary>
/// <param name="WeightBytes">Its weights.</param>
/// <param name="TokenBytes">Keys and values of one token of a conversation.</param>
/// <param name="TrainedTokens">The longest conversation that it was trained on.</param>
internal readonly record struct ModelFootprint(long WeightBytes, long TokenBytes, int TrainedTokens)
{
    /// <summary>Bytes at most, with all conversations full.</summary>
    public long With(SlotSize size) => WeightBytes + (TokenBytes * size.Slots * size.Tokens);

    /// <summary>Keys and values for each layer and each key and value head.</summary>
    /// <param name="floats">What they are stored in: float32, but for devices that compute in float16.</param>
    public static ModelFootprint Of(DecoderShape shape, long fileBytes, ElementType floats = ElementType.Float) =>
        new(fileBytes, 2L * shape.Layers * shape.KeyValueHeads * shape.HeadSize * floats.FloatBytes(), shape.TrainedContext);
}

/// <summary>Conversations of one model and tokens of each.</summary>
internal readonly record struct SlotSize(int Slots, int Tokens)
{
    private const int UsualSlots = 8;
    private const int UsualTokens = 2048;
    private const int MostSlots = 16;
    private const int FewestTokens = 256;

    /// <summary>
    /// As many and as long as memory allows, where the operator does not say: 8 of 2,048 tokens; longer ones, then more of them, as long as all
    /// together take no more than a quarter of the budget, so that several models have place; fewer, then shorter ones, where even those do not
    /// fit. The same for a model whatever else is loaded, so that its context does not change from day to day.
    /// </summary>
    /// <param name="budget">Bytes for all models.</param>
    /// <param name="slots">The operator's number of conversations; 0 leaves it open.</param>
    /// <param name="tokens">The operator's length of one; 0 leaves it open. Never more than the model was trained on.</param>
    public static SlotSize Choose(ModelFootprint model, long budget, int slots, int tokens)
    {
        var longest = Whole(model.TrainedTokens);
        var size = new SlotSize(slots > 0 ? slots : UsualSlots, Math.Min(Whole(tokens > 0 ? tokens : UsualTokens), longest));
        while (tokens == 0 && size.Tokens < longest && Grows(size with { Tokens = Math.Min(size.Tokens * 2, longest) }))
        {
            size = size with { Tokens = Math.Min(size.Tokens * 2, longest) };
        }

        while (slots == 0 && size.Slots < MostSlots && Grows(size with { Slots = size.Slots * 2 }))
        {
            size = size with { Slots = size.Slots * 2 };
        }

        while (slots == 0 && size.Slots > 1 && model.With(size) > budget)
        {
            size = size with { Slots = size.Slots / 2 };
        }

        while (tokens == 0 && size.Tokens > FewestTokens && model.With(size) > budget)
        {
            size = size with { Tokens = Whole(size.Tokens / 2) };
        }

        return size;

        bool Grows(SlotSize larger) => (model with { WeightBytes = 0 }).With(larger) <= budget / 4;
    }

    // A slot's positions are stored by whole tiles.
    private static int Whole(int tokens) => Math.Max(SlotArena.Tile, tokens / SlotArena.Tile * SlotArena.Tile);
}
