using System.Text.Json;

namespace MistralStudio.Tests.Shared;

/// <summary>One case of the JSON Schema test suite.</summary>
public sealed record SchemaCase(string File, string Group, string Description, JsonElement Schema, JsonElement Data, bool Valid)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}: {Group}: {Description}";
}

/// <summary>The JSON Schema test suite for draft 2020-12.</summary>
public static class SchemaSuite
{
    /// <summary>All its cases, those of formats included.</summary>
    public static IReadOnlyList<SchemaCase> Read()
    {
        var folder = SharedData.Require("data", "json-schema");
        var cases = new List<SchemaCase>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.json").Concat(Directory.EnumerateFiles(Path.Combine(folder, "optional", "format"))).Order())
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var group in document.RootElement.Clone().EnumerateArray())
            {
                cases.AddRange(group.GetProperty("tests").EnumerateArray().Select(test => new SchemaCase(
                    Path.GetFileName(file), group.GetProperty("description").GetString()!, test.GetProperty("description").GetString()!,
                    group.GetProperty("schema"), test.GetProperty("data"), test.GetProperty("valid").GetBoolean())));
            }
        }

        return cases;
    }
}
