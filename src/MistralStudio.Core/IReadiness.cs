namespace MistralStudio.Core;

/// <summary>A part of the studio without which it cannot do its work; <c>/readyz</c> asks each of them.</summary>
public interface IReadiness
{
    /// <summary>Names the part: <c>database</c>.</summary>
    string Part { get; }

    /// <summary>Null where it is ready; otherwise what is missing.</summary>
    ValueTask<Error?> CheckAsync(CancellationToken cancellationToken);
}
