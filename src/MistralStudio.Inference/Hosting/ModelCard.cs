using System.Text.Json;
using System.Text.Json.Serialization;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Hosting;

/// <summary>What an import knows of a model beyond its files; <c>studio.json</c> beside them. All of it is optional.</summary>
internal sealed record ModelCard
{
    public const string FileName = "studio.json";

    private const int MostBytes = 1 << 16;

    /// <summary>Name for people.</summary>
    public string? Name { get; init; }

    /// <summary>SPDX id of the licence.</summary>
    public string? Licence { get; init; }

    /// <summary>Where the files came from.</summary>
    public string? Origin { get; init; }

    /// <summary>SHA-256 of the weights as they were imported, lower-case hex.</summary>
    public string? Sha256 { get; init; }

    public DateTimeOffset? InstalledAt { get; init; }

    /// <summary>What was found at the import that a person should know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The card beside a model; null where there is none that can be read.</summary>
    public static ModelCard? Read(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, FileName));
            return file.Exists && file.Length <= MostBytes ? JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), ModelCardJson.Default.ModelCard) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(string folder) =>
        File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, ModelCardJson.Default.ModelCard));

    /// <summary>A description with what the card adds to it.</summary>
    public InstalledModel AddTo(InstalledModel model) => model with
    {
        Name = Name ?? model.Name,
        Licence = Licence ?? model.Licence,
        Origin = Origin ?? model.Origin,
        Sha256 = Sha256 ?? "",
        InstalledAt = InstalledAt,
        Notes = [.. model.Notes, .. Notes],
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ModelCard))]
internal sealed partial class ModelCardJson : JsonSerializerContext;
