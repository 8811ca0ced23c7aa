using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Nodes.Form;

/// <summary>A field of a form.</summary>
internal sealed record FormField(string Name, string Type)
{
    public string? Label { get; init; }

    public bool Required { get; init; } = true;

    public IReadOnlyList<string>? Choices { get; init; }
}

/// <summary>Configuration of a Form.</summary>
internal sealed record FormConfig(string Title, IReadOnlyList<FormField> Fields)
{
    public IReadOnlyList<string> Who { get; init; } = [];

    public TimeSpan? Expires { get; init; }
}

/// <summary>Waits for a person who fills in a form.</summary>
internal static class FormNode
{
    public static NodeType Type { get; } = new()
    {
        Id = "form",
        Category = NodeCategory.People,
        ConfigType = typeof(FormConfig),
        Schema = """
            {
              "type": "object",
              "properties": {
                "title": { "type": "string", "title": "Title", "minLength": 1, "maxLength": 2000 },
                "fields": {
                  "type": "array", "title": "Fields", "minItems": 1, "maxItems": 50,
                  "items": {
                    "type": "object",
                    "properties": {
                      "name": { "type": "string", "title": "Name", "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,62}$" },
                      "type": { "enum": ["text", "number", "boolean"], "title": "Type" },
                      "label": { "type": "string", "title": "Label", "maxLength": 200 },
                      "required": { "type": "boolean", "title": "Required", "default": true },
                      "choices": { "type": "array", "title": "Choices", "items": { "type": "string", "maxLength": 200 }, "minItems": 1, "maxItems": 100 }
                    },
                    "required": ["name", "type"],
                    "additionalProperties": false
                  }
                },
                "who": { "type": "array", "title": "Who may fill it in", "items": { "type": "string", "pattern": "^(role:(member|builder|admin|owner)|[^@\\s]+@[^@\\s]+)$" }, "maxItems": 50 },
                "expires": { "type": "string", "title": "Expires after", "pattern": "^([0-9]{1,4}\\.)?[0-9]{2}:[0-5][0-9]:[0-5][0-9]$" }
              },
              "required": ["title", "fields"],
              "additionalProperties": false
            }
            """,
        Fields = [new ConfigField("/title", FieldSyntax.Template)],
        Check = Problems,
        Ports = shape => new NodePorts(
            [],
            [
                .. shape.Config.GetProperty("fields").EnumerateArray().Select(field => new Port(
                    field.GetProperty("name").GetString()!, PortType.TryParse(field.GetProperty("type").GetString())!)
                { IsBranch = field.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.False }),
            ]) { Named = true },
        Help = "The run waits until somebody has filled in the form; each field is an out-port. What is connected to it is shown beside the form.",
        Example = """{"title":"Which order is it about?","fields":[{"name":"order","type":"number"},{"name":"reason","type":"text","choices":["late","broken"]}]}""",
    };

    private static IEnumerable<ConfigProblem> Problems(JsonElement config)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { Names.ErrorPort };
        var index = 0;
        foreach (var field in config.GetProperty("fields").EnumerateArray())
        {
            if (!names.Add(field.GetProperty("name").GetString()!))
            {
                yield return new ConfigProblem($"/fields/{index}/name", FormErrors.DuplicateField(field.GetProperty("name").GetString()!));
            }

            index++;
        }
    }
}

/// <summary>Expected failures of Form nodes.</summary>
public static class FormErrors
{
    public static Error DuplicateField(string name) => new("form.duplicate_field", $"There are two fields \"{name}\" (\"error\" is always there).", "Rename one of them.");
}

/// <summary>Runs Form nodes.</summary>
internal sealed class FormExecutor : INodeExecutor
{
    /// <inheritdoc/>
    public string Type => FormNode.Type.Id;

    /// <inheritdoc/>
    public ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        var config = (FormConfig)execution.Config;
        if (execution.Resumption is not { } resumed)
        {
            return new(new NodeOutcome.Suspended(new Bookmark(BookmarkId.New(), BookmarkKind.Form)
            {
                Title = config.Title,
                Details = AskedValues.Of(execution.Inputs),
                Schema = SchemaOf(config),
                Who = config.Who,
                Decisions = [PeopleDecisions.Submit],
                ExpiresAt = PeopleDecisions.ExpiresAt(execution, config.Expires),
            }));
        }

        if (resumed.Decision == Resumption.Expired)
        {
            return new(new NodeOutcome.Failed(PeopleErrors.Expired(config.Title)));
        }

        var outputs = config.Fields.Where(field => resumed.Values.TryGetValue(field.Name, out var value) && value.ValueKind != JsonValueKind.Null)
            .ToDictionary(field => field.Name, field => FlowValue.Of(resumed.Values[field.Name]), StringComparer.Ordinal);
        return new(new NodeOutcome.Succeeded(outputs));
    }

    private static JsonElement SchemaOf(FormConfig config)
    {
        var properties = new JsonObject();
        foreach (var field in config.Fields)
        {
            JsonNode type = field.Type == "text" ? "string" : field.Type;
            var property = new JsonObject { ["type"] = field.Required ? type : new JsonArray(type, "null"), ["title"] = field.Label ?? field.Name };
            if (field.Choices is { } choices)
            {
                property["enum"] = new JsonArray([.. choices.Select(choice => JsonValue.Create(choice)), .. field.Required ? Array.Empty<JsonNode?>() : [null]]);
            }

            properties[field.Name] = property;
        }

        return FlowValue.From(new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = new JsonArray([.. config.Fields.Where(field => field.Required).Select(field => JsonValue.Create(field.Name))]),
            ["additionalProperties"] = false,
        }).Json;
    }
}
