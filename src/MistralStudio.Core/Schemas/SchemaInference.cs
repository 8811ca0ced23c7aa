using System.Text.Json;
using System.Text.Json.Nodes;

namespace MistralStudio.Core.Schemas;

/// <summary>
/// Makes a schema of an example: types, the properties of objects, what all items of a list have in common. The example follows it, and so does
/// what has the same form.
/// </summary>
public static class SchemaInference
{
    /// <summary>The schema of a value. Fails for text that is none: half of a surrogate pair.</summary>
    public static Result<JsonElement> Infer(JsonElement example)
    {
        if (!JsonValues.IsText(example))
        {
            return SchemaErrors.NoText();
        }

        var shape = new Shape();
        shape.Add(example);
        return JsonSerializer.SerializeToElement(shape.Write());
    }

    /// <summary>What several values have in common.</summary>
    private sealed class Shape
    {
        private readonly List<string> _names = [];
        private readonly Dictionary<string, (Shape Shape, int Count)> _properties = new(StringComparer.Ordinal);
        private JsonTypes _types;
        private int _objects;
        private Shape? _items;

        public void Add(JsonElement value)
        {
            _types |= JsonTypeNames.TypeOf(value);
            if (value.ValueKind == JsonValueKind.Object)
            {
                _objects++;
                foreach (var (name, member) in JsonValues.Members(value))
                {
                    if (!_properties.TryGetValue(name, out var known))
                    {
                        _names.Add(name);
                        known = (new Shape(), 0);
                    }

                    known.Shape.Add(member);
                    _properties[name] = (known.Shape, known.Count + 1);
                }
            }
            else if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in value.EnumerateArray())
                {
                    (_items ??= new Shape()).Add(item);
                }
            }
        }

        public JsonObject Write()
        {
            var schema = new JsonObject();
            string[] types = [.. Words()];
            if (types.Length > 0)
            {
                schema["type"] = types.Length == 1 ? types[0] : new JsonArray([.. types.Select(type => (JsonNode)type)]);
            }

            if (_objects > 0)
            {
                schema["properties"] = new JsonObject(_names.Select(name => KeyValuePair.Create(name, (JsonNode?)_properties[name].Shape.Write())));
                schema["required"] = new JsonArray([.. _names.Where(name => _properties[name].Count == _objects).Select(name => (JsonNode)name)]);
                schema["additionalProperties"] = false;
            }

            if (_items is not null)
            {
                schema["items"] = _items.Write();
            }

            return schema;
        }

        // A number is an integer only where all of them are.
        private IEnumerable<string> Words()
        {
            (JsonTypes Type, string Word)[] words =
            [
                (JsonTypes.Object, "object"), (JsonTypes.Array, "array"), (JsonTypes.String, "string"), (JsonTypes.Number, "number"),
                (JsonTypes.Integer, "integer"), (JsonTypes.Boolean, "boolean"), (JsonTypes.Null, "null"),
            ];
            return words.Where(word => (_types & word.Type) == word.Type && !(word.Type == JsonTypes.Integer && (_types & JsonTypes.Number) == JsonTypes.Number)).Select(word => word.Word);
        }
    }
}
