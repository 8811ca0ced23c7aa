using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Import;

/// <summary>The models that can be fetched with one click, from a file that the operator edits; read whenever it is asked for.</summary>
internal sealed class Catalogue(IOptions<InferenceOptions> options)
{
    private const string FileName = "catalog.json";

    private string Path => options.Value.CataloguePath
        ?? System.IO.Path.Combine(options.Value.StarterModelsPath ?? DataModels.FindStarters(), FileName);

    /// <summary>The entries, by name; empty where there is no file, an error where it cannot be read.</summary>
    public Result<IReadOnlyList<CatalogueModel>> Read()
    {
        if (!File.Exists(Path))
        {
            return Result<IReadOnlyList<CatalogueModel>>.Success([]);
        }

        try
        {
            using var file = File.OpenRead(Path);
            var read = JsonSerializer.Deserialize(file, CatalogueJson.Default.CatalogueFileContent)?.Models ?? [];
            var wrong = read.FirstOrDefault(model => !ModelFiles.CheckId(model.Id).IsSuccess || model.Files.Count == 0
                || model.Files.Any(part => !ModelFiles.IsKnown(part.Name) || !part.Url.IsAbsoluteUri));
            return wrong is null
                ? Result<IReadOnlyList<CatalogueModel>>.Success(read)
                : ImportErrors.BadCatalogue(FileName, $"the entry \"{wrong.Id}\" has an id, a file name or an address that cannot be one");
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return ImportErrors.BadCatalogue(FileName, unreadable.Message.TrimEnd('.'));
        }
    }
}

/// <summary>The file's form: <c>{"about": "...", "models": [...]}</c>.</summary>
internal sealed record CatalogueFileContent(IReadOnlyList<CatalogueModel> Models);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(CatalogueFileContent))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
