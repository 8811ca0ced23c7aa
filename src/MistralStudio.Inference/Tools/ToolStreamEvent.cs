namespace MistralStudio.Inference.Tools;

/// <summary>What an answer with calls is made of: texts, and calls that begin, get their arguments piece by piece, and end.</summary>
internal abstract record ToolStreamEvent
{
    private ToolStreamEvent()
    {
    }

    /// <summary>Text for the reader.</summary>
    public sealed record Text(string Piece) : ToolStreamEvent;

    /// <param name="Index">The call's place in the answer.</param>
    public sealed record CallBegan(int Index, string Id, string Name) : ToolStreamEvent;

    /// <summary>The next piece of a call's arguments, JSON text.</summary>
    public sealed record ArgumentsPiece(int Index, string Piece) : ToolStreamEvent;

    /// <param name="Arguments">All of them, JSON text.</param>
    /// <param name="IsCut">True where the answer ended inside the call, so that the arguments are not whole.</param>
    public sealed record CallEnded(int Index, string Id, string Name, string Arguments, bool IsCut) : ToolStreamEvent;
}
