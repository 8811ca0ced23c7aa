namespace MistralStudio.Inference.Tools;

/// <summary>Reads one call, character by character.</summary>
internal abstract class CallReader
{
    /// <summary>The tool's name; null until it is read.</summary>
    public string? Name { get; protected set; }

    /// <summary>True once the call is whole.</summary>
    public abstract bool IsDone { get; }

    /// <summary>True where this is no call; the last character is none of it.</summary>
    public abstract bool IsBroken { get; }

    /// <summary>Takes the next character.</summary>
    public abstract void Push(char c);

    /// <summary>Pieces of the arguments that nobody took yet.</summary>
    public abstract string TakeArguments();
}
