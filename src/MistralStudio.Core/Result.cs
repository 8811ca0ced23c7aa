using System.Diagnostics.CodeAnalysis;

namespace MistralStudio.Core;

/// <summary>An expected failure: what happened, in words for the person it happened to, and what to do next.</summary>
/// <param name="Code">Stable, dotted, lower case (<c>knowledge.document_too_large</c>); scripts may rely on it.</param>
/// <param name="Message">One sentence that says what happened and why.</param>
/// <param name="Next">One sentence that says what the person can do about it.</param>
public sealed record Error(string Code, string Message, string Next)
{
    /// <inheritdoc/>
    public override string ToString() => Next.Length == 0 ? Message : $"{Message} {Next}";
}

/// <summary>A value, or the <see cref="Core.Error"/> that explains why there is none.</summary>
public readonly struct Result<T>
{
    private readonly T _value;

    private Result(T value, Error? error)
    {
        _value = value;
        Error = error;
    }

    /// <summary>The failure, or null where <see cref="Value"/> is present.</summary>
    public Error? Error { get; }

    /// <summary>True where <see cref="Value"/> may be read.</summary>
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">The result is a failure.</exception>
    public T Value => IsSuccess ? _value : throw new InvalidOperationException(Error.ToString());

    /// <summary>A success, for values whose type is an interface: C# has no implicit conversion from those.</summary>
    public static Result<T> Success(T value) => new(value, null);

    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(Error error) => new(default!, error);

    /// <summary>Folds both outcomes into one value.</summary>
    public TOut Match<TOut>(Func<T, TOut> success, Func<Error, TOut> failure) =>
        IsSuccess ? success(_value) : failure(Error);
}

/// <summary>The value of a result that carries none.</summary>
public readonly record struct Unit;
