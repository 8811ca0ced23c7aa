using MistralStudio.Core;

namespace MistralStudio.Data.Storage;

/// <summary>An error as three columns of a row.</summary>
internal static class StoredError
{
    /// <summary>The error; null where the row has none.</summary>
    public static Error? Read(string? code, string? message, string? next) => code is null ? null : new Error(code, message ?? "", next ?? "");
}
