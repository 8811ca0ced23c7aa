using System.Text.Json.Serialization;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Import;

/// <summary>All that has to be known to go on with an import after kill -9; <c>record.json</c> in its folder.</summary>
internal sealed record ImportRecord
{
    public required string Id { get; init; }

    public required string Model { get; init; }

    public required string Name { get; init; }

    public required ImportKind Kind { get; init; }

    public required string Source { get; init; }

    /// <summary>True where the files are used where they lie.</summary>
    public bool Link { get; init; }

    public string? Licence { get; init; }

    public string? Origin { get; init; }

    public IReadOnlyList<ImportFile> Files { get; init; } = [];

    public required ImportState State { get; init; }

    public Error? Error { get; init; }

    /// <summary>SHA-256 of the weights, once computed.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Bytes of all files, once known.</summary>
    public long? Bytes { get; init; }

    public WorkspaceId? Workspace { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    [JsonIgnore]
    public bool IsRunning => State is ImportState.Transferring or ImportState.Verifying or ImportState.Checking;
}

/// <summary>A file of an import.</summary>
/// <param name="Name">Its name beside the others.</param>
/// <param name="From">The path or address that it comes from; empty for an upload.</param>
/// <param name="Validator">ETag or date of the beginning that is on disk already.</param>
/// <param name="IsOptional">True where the model does without it.</param>
internal sealed record ImportFile(string Name, string From, string? Sha256 = null, long? Bytes = null, string? Validator = null, bool IsOptional = false);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImportRecord))]
internal sealed partial class ImportJson : JsonSerializerContext;
