using System.Numerics;
using System.Text.Json;
using MistralStudio.Core.Schemas.Text;

namespace MistralStudio.Core.Schemas;

/// <summary>Reads a document's schemas into nodes, follows their references, and says where a keyword's value is wrong.</summary>
internal sealed class SchemaReader
{
    private static readonly Uri s_unnamed = new("schema:///document");
    private static readonly Lazy<IReadOnlyList<JsonElement>> s_metaschemas = new(ReadMetaschemas);

    private readonly SchemaIndex _index = new();
    private readonly Dictionary<(Uri, string), SchemaNode> _nodes = [];
    private readonly Queue<SchemaNode> _unread = new();
    private readonly WorkLimit _work = new();
    private bool _knowsMetaschema;

    private SchemaReader()
    {
    }

    /// <summary>Reads a document; its root is the first of the nodes.</summary>
    /// <exception cref="SchemaException">It is no JSON Schema, or a reference leads nowhere.</exception>
    public static SchemaNode Read(JsonElement document)
    {
        var reader = new SchemaReader();
        document = document.Clone();
        if (!JsonValues.IsText(document))
        {
            throw Invalid("", "a string holds half of a surrogate pair");
        }

        var resource = reader._index.Add(document, s_unnamed);
        var root = reader.Node(document, reader._index.Of(document, resource), "");
        while (reader._unread.TryDequeue(out var node))
        {
            reader.Fill(node);
        }

        return root;
    }

    private SchemaNode Node(JsonElement element, SchemaResource resource, string location)
    {
        if (!_nodes.TryGetValue((resource.Document, location), out var node))
        {
            node = _nodes[(resource.Document, location)] = new SchemaNode(_nodes.Count, location, element, resource);
            _unread.Enqueue(node);
        }

        return node;
    }

    private void Fill(SchemaNode node)
    {
        if (node.Element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            node.Constant = node.Element.GetBoolean();
            return;
        }

        if (node.Element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(node.Location, "a schema is an object, true or false");
        }

        foreach (var keyword in node.Element.EnumerateObject())
        {
            try
            {
                FillKeyword(node, keyword.Name, keyword.Value);
            }
            catch (SchemaException refused) when (refused.Location is null)
            {
                // A regular expression does not know whose it is.
                throw refused.At($"{node.Location}/{JsonPointer.Escape(keyword.Name)}");
            }
        }
    }

    private void FillKeyword(SchemaNode node, string name, JsonElement value)
    {
        var at = $"{node.Location}/{JsonPointer.Escape(name)}";
        switch (name)
        {
            case "$ref": node.Reference = Resolve(node, Text(value, at), at); break;
            case "$dynamicRef": ReadDynamicReference(node, Text(value, at), at); break;
            case "type": node.Types = Types(value, at); break;
            case "enum": (node.Enumeration, node.EnumerationSet) = ([.. List(value, at)], List(value, at).ToHashSet(JsonValues.Comparer)); break;
            case "const": node.Const = value; break;
            case "minimum": node.Minimum = Number(value, at); break;
            case "exclusiveMinimum": node.ExclusiveMinimum = Number(value, at); break;
            case "maximum": node.Maximum = Number(value, at); break;
            case "exclusiveMaximum": node.ExclusiveMaximum = Number(value, at); break;
            case "multipleOf":
                node.MultipleOf = Number(value, at) is { Sign: > 0 } divisor ? divisor : throw Invalid(at, "it must be above zero");
                break;
            case "minLength": node.MinLength = Count(value, at); break;
            case "maxLength": node.MaxLength = Count(value, at); break;
            case "pattern": (node.Pattern, node.PatternAutomaton) = (Text(value, at), Pattern(Text(value, at))); break;
            case "format": node.Format = Text(value, at); break;
            case "minItems": node.MinItems = Count(value, at); break;
            case "maxItems": node.MaxItems = Count(value, at); break;
            case "uniqueItems": node.UniqueItems = Flag(value, at); break;
            case "prefixItems": node.PrefixItems = Schemas(node, value, at); break;
            case "items": node.Items = Schema(node, value, at); break;
            case "contains": node.Contains = Schema(node, value, at); break;
            case "minContains": node.MinContains = Count(value, at); break;
            case "maxContains": node.MaxContains = Count(value, at); break;
            case "unevaluatedItems": node.UnevaluatedItems = Schema(node, value, at); break;
            case "minProperties": node.MinProperties = Count(value, at); break;
            case "maxProperties": node.MaxProperties = Count(value, at); break;
            case "required": node.Required = Texts(value, at); break;
            case "properties":
                node.Properties = Map(node, value, at);
                node.PropertiesByName = node.Properties.ToDictionary(property => property.Name, property => property.Schema, StringComparer.Ordinal);
                break;
            case "patternProperties": node.PatternProperties = [.. Map(node, value, at).Select(one => (Pattern(one.Name), one.Schema))]; break;
            case "additionalProperties": node.AdditionalProperties = Schema(node, value, at); break;
            case "propertyNames": node.PropertyNames = Schema(node, value, at); break;
            case "unevaluatedProperties": node.UnevaluatedProperties = Schema(node, value, at); break;
            case "dependentRequired": node.DependentRequired = [.. Members(value, at).Select(one => (one.Name, Texts(one.Value, at)))]; break;
            case "dependentSchemas": node.DependentSchemas = Map(node, value, at); break;
            case "allOf": node.AllOf = Alternatives(node, value, at); break;
            case "anyOf": node.AnyOf = Alternatives(node, value, at); break;
            case "oneOf": node.OneOf = Alternatives(node, value, at); break;
            case "not": node.Not = Schema(node, value, at); break;
            case "if": node.If = Schema(node, value, at); break;
            case "then": node.Then = Schema(node, value, at); break;
            case "else": node.Else = Schema(node, value, at); break;
        }
    }

    private SchemaNode Schema(SchemaNode parent, JsonElement value, string at) => Node(value, _index.Of(value, parent.Resource), at);

    private List<SchemaNode> Schemas(SchemaNode parent, JsonElement value, string at) =>
        [.. List(value, at).Select((item, index) => Schema(parent, item, $"{at}/{index}"))];

    private List<SchemaNode> Alternatives(SchemaNode parent, JsonElement value, string at) =>
        Schemas(parent, value, at) is { Count: > 0 } schemas ? schemas : throw Invalid(at, "it needs at least one schema");

    private List<(string Name, SchemaNode Schema)> Map(SchemaNode parent, JsonElement value, string at) =>
        [.. Members(value, at).Select(one => (one.Name, Schema(parent, one.Value, $"{at}/{JsonPointer.Escape(one.Name)}")))];

    private void ReadDynamicReference(SchemaNode node, string reference, string at)
    {
        node.Reference = Resolve(node, reference, at);
        var anchor = reference[(reference.IndexOf('#', StringComparison.Ordinal) + 1)..];
        node.DynamicReference = node.Reference.Resource.DynamicAnchors.Contains(anchor) ? anchor : null;
        if (node.DynamicReference is not null)
        {
            // What it may lead to at run time: the same anchor in any resource.
            foreach (var resource in _index.Resources.Where(resource => resource.DynamicAnchors.Contains(anchor)).ToList())
            {
                var (schema, location) = resource.Anchors[anchor];
                resource.DynamicTargets[anchor] = Node(schema, resource, location);
            }
        }
    }

    private SchemaNode Resolve(SchemaNode node, string reference, string at)
    {
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var (address, fragment) = hash < 0 ? (reference, "") : (reference[..hash], Uri.UnescapeDataString(reference[(hash + 1)..]));
        var target = node.Resource;
        if (address.Length > 0)
        {
            target = Uri.TryCreate(node.Resource.Address, address, out var absolute) ? Find(absolute) : null;
        }

        if (target is null)
        {
            throw Invalid(at, $"the reference \"{reference}\" leads outside of the document");
        }

        if (fragment.Length > 0 && fragment[0] != '/')
        {
            return target.Anchors.TryGetValue(fragment, out var anchor)
                ? Node(anchor.Schema, target, anchor.Location)
                : throw Invalid(at, $"there is no anchor for the reference \"{reference}\"");
        }

        var (element, location) = (target.Element, target.Location);
        foreach (var step in fragment.Split('/').Skip(1))
        {
            element = JsonPointer.Step(element, JsonPointer.Unescape(step)) ?? throw Invalid(at, $"the reference \"{reference}\" leads nowhere");
            location += "/" + step;
            target = _index.Of(element, target);
        }

        return Node(element, target, location);
    }

    private SchemaResource? Find(Uri address)
    {
        if (_index.Find(address) is null && !_knowsMetaschema && address.Host == "json-schema.org")
        {
            _knowsMetaschema = true;
            foreach (var document in s_metaschemas.Value)
            {
                _index.Add(document, new Uri(document.GetProperty("$id").GetString()!));
            }
        }

        return _index.Find(address);
    }

    private CharNfa Pattern(string pattern) => CharNfa.Of(RegexParser.Parse(pattern), _work);

    private static JsonTypes Types(JsonElement value, string at)
    {
        var names = value.ValueKind == JsonValueKind.String ? [Text(value, at)] : Texts(value, at);
        return names.Aggregate(JsonTypes.None, (types, name) => types | name switch
        {
            "null" => JsonTypes.Null,
            "boolean" => JsonTypes.Boolean,
            "integer" => JsonTypes.Integer,
            "number" => JsonTypes.Number | JsonTypes.Integer,
            "string" => JsonTypes.String,
            "array" => JsonTypes.Array,
            "object" => JsonTypes.Object,
            _ => throw Invalid(at, $"\"{name}\" is no type"),
        });
    }

    private static string Text(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Invalid(at, "it must be a string");

    private static List<string> Texts(JsonElement value, string at) => [.. List(value, at).Select(item => Text(item, at))];

    private static bool Flag(JsonElement value, string at) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Invalid(at, "it must be true or false");

    private static JsonNumber Number(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.Number ? JsonNumber.Of(value) : throw Invalid(at, "it must be a number");

    private static int Count(JsonElement value, string at)
    {
        var number = Number(value, at);
        if (!number.IsInteger || number.Sign < 0)
        {
            throw Invalid(at, "it must be a whole number, zero or more");
        }

        return number.CompareTo(JsonNumber.Of(int.MaxValue)) < 0 ? (int)(number.Mantissa * BigInteger.Pow(10, number.Exponent)) : int.MaxValue;
    }

    private static JsonElement.ArrayEnumerator List(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Invalid(at, "it must be a list");

    private static JsonElement.ObjectEnumerator Members(JsonElement value, string at) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw Invalid(at, "it must be an object");

    private static SchemaException Invalid(string location, string reason) => new(SchemaErrors.InvalidSchema(location, reason), location);

    private static IReadOnlyList<JsonElement> ReadMetaschemas()
    {
        var assembly = typeof(SchemaReader).Assembly;
        return [.. assembly.GetManifestResourceNames().Where(name => name.Contains(".Metaschema.", StringComparison.Ordinal)).Select(name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var document = JsonDocument.Parse(stream);
            return document.RootElement.Clone();
        })];
    }
}
