using System.Text.Json;

namespace MistralStudio.Core.Schemas;

/// <summary>
/// The identifiers of a document: which resources (<c>$id</c>) and anchors it holds, and where. References are resolved against it and the
/// metaschema, never over a network.
/// </summary>
internal sealed class SchemaIndex
{
    private const int MostDepth = 200;

    // Keywords whose values are schemas, lists or maps of them: an $id elsewhere (in an enum, say) is no identifier.
    private static readonly HashSet<string> s_schemas = new(StringComparer.Ordinal)
    {
        "additionalProperties", "items", "contains", "not", "if", "then", "else", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
        "contentSchema",
    };

    private static readonly HashSet<string> s_lists = new(StringComparer.Ordinal) { "allOf", "anyOf", "oneOf", "prefixItems" };

    private static readonly HashSet<string> s_maps = new(StringComparer.Ordinal)
    {
        "properties", "patternProperties", "$defs", "definitions", "dependentSchemas",
    };

    private readonly Dictionary<string, SchemaResource> _resources = new(StringComparer.Ordinal);

    /// <param name="address">What the root's references are relative to where it has no <c>$id</c>.</param>
    public SchemaResource Add(JsonElement root, Uri address)
    {
        var resource = new SchemaResource(address, address, root, "");
        _resources[Key(address)] = resource;
        Walk(root, "", resource, 0);
        return resource;
    }

    /// <summary>Every resource.</summary>
    public IEnumerable<SchemaResource> Resources => _resources.Values;

    public SchemaResource? Find(Uri address) => _resources.GetValueOrDefault(Key(address));

    /// <summary>The resource that the root turned out to be: its <c>$id</c> may have given it another name.</summary>
    public SchemaResource Of(JsonElement schema, SchemaResource parent) =>
        Identifier(schema) is { } id && Uri.TryCreate(parent.Address, id, out var address) && Find(address) is { } own ? own : parent;

    /// <summary>An address without its fragment.</summary>
    public static Uri WithoutFragment(Uri address) =>
        address.OriginalString.IndexOf('#', StringComparison.Ordinal) is var at and >= 0 ? new Uri(address.OriginalString[..at]) : address;

    private static string Key(Uri address) => WithoutFragment(address).AbsoluteUri;

    private static string? Identifier(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$id", out var id) && id.ValueKind == JsonValueKind.String
            ? id.GetString()!.TrimEnd('#')
            : null;

    private void Walk(JsonElement schema, string location, SchemaResource resource, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (depth > MostDepth)
        {
            throw new SchemaException(SchemaErrors.TooLarge($"schemas nested more than {MostDepth} deep"), location);
        }

        if (Identifier(schema) is { Length: > 0 } id)
        {
            if (!Uri.TryCreate(resource.Address, id, out var address))
            {
                throw new SchemaException(SchemaErrors.InvalidSchema(location, $"\"$id\" is no URI: {id}"), location);
            }

            resource = new SchemaResource(address, resource.Document, schema, location);
            _resources[Key(address)] = resource;
        }

        foreach (var keyword in new[] { "$anchor", "$dynamicAnchor" })
        {
            if (schema.TryGetProperty(keyword, out var anchor) && anchor.ValueKind == JsonValueKind.String)
            {
                resource.Anchors[anchor.GetString()!] = (schema, location);
                if (keyword == "$dynamicAnchor")
                {
                    resource.DynamicAnchors.Add(anchor.GetString()!);
                }
            }
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            var place = $"{location}/{JsonPointer.Escape(keyword.Name)}";
            if (s_schemas.Contains(keyword.Name))
            {
                Walk(keyword.Value, place, resource, depth + 1);
            }
            else if (s_lists.Contains(keyword.Name) && keyword.Value.ValueKind == JsonValueKind.Array)
            {
                var index = 0;
                foreach (var item in keyword.Value.EnumerateArray())
                {
                    Walk(item, $"{place}/{index++}", resource, depth + 1);
                }
            }
            else if (s_maps.Contains(keyword.Name) && keyword.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var item in keyword.Value.EnumerateObject())
                {
                    Walk(item.Value, $"{place}/{JsonPointer.Escape(item.Name)}", resource, depth + 1);
                }
            }
        }
    }
}
