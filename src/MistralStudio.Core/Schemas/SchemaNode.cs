using System.Text.Json;
using MistralStudio.Core.Schemas.Text;

namespace MistralStudio.Core.Schemas;

/// <summary>The types of JSON Schema; an integer is a number too.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Number = 8,
    String = 16,
    Array = 32,
    Object = 64,
    All = Null | Boolean | Integer | Number | String | Array | Object,
}

/// <summary>One schema of a document, its keywords read and checked.</summary>
/// <param name="id">Its number in the document.</param>
/// <param name="location">JSON pointer from the document's root.</param>
internal sealed class SchemaNode(int id, string location, JsonElement element, SchemaResource resource)
{
    public int Id { get; } = id;

    public string Location { get; } = location;

    public JsonElement Element { get; } = element;

    /// <summary>The resource it belongs to: what references inside it are relative to.</summary>
    public SchemaResource Resource { get; } = resource;

    /// <summary>The value of a schema that is only true or false.</summary>
    public bool? Constant { get; set; }

    public SchemaNode? Reference { get; set; }

    /// <summary>Name of the dynamic anchor that <see cref="Reference"/> leads to, where it is to be looked up again at run time.</summary>
    public string? DynamicReference { get; set; }

    public JsonTypes? Types { get; set; }

    public List<JsonElement>? Enumeration { get; set; }

    /// <summary>The same, to look up.</summary>
    public HashSet<JsonElement>? EnumerationSet { get; set; }

    public JsonElement? Const { get; set; }

    public JsonNumber? Minimum { get; set; }

    public JsonNumber? ExclusiveMinimum { get; set; }

    public JsonNumber? Maximum { get; set; }

    public JsonNumber? ExclusiveMaximum { get; set; }

    public JsonNumber? MultipleOf { get; set; }

    public int? MinLength { get; set; }

    public int? MaxLength { get; set; }

    public string? Pattern { get; set; }

    public CharNfa? PatternAutomaton { get; set; }

    public string? Format { get; set; }

    public int? MinItems { get; set; }

    public int? MaxItems { get; set; }

    public bool UniqueItems { get; set; }

    public List<SchemaNode> PrefixItems { get; set; } = [];

    public SchemaNode? Items { get; set; }

    public SchemaNode? Contains { get; set; }

    public int? MinContains { get; set; }

    public int? MaxContains { get; set; }

    public SchemaNode? UnevaluatedItems { get; set; }

    public int? MinProperties { get; set; }

    public int? MaxProperties { get; set; }

    public List<string> Required { get; set; } = [];

    /// <summary>In the order of the document.</summary>
    public List<(string Name, SchemaNode Schema)> Properties { get; set; } = [];

    public Dictionary<string, SchemaNode> PropertiesByName { get; set; } = [];

    public List<(CharNfa Pattern, SchemaNode Schema)> PatternProperties { get; set; } = [];

    public SchemaNode? AdditionalProperties { get; set; }

    public SchemaNode? PropertyNames { get; set; }

    public SchemaNode? UnevaluatedProperties { get; set; }

    public List<(string Name, List<string> Needs)> DependentRequired { get; set; } = [];

    public List<(string Name, SchemaNode Schema)> DependentSchemas { get; set; } = [];

    public List<SchemaNode> AllOf { get; set; } = [];

    public List<SchemaNode> AnyOf { get; set; } = [];

    public List<SchemaNode> OneOf { get; set; } = [];

    public SchemaNode? Not { get; set; }

    public SchemaNode? If { get; set; }

    public SchemaNode? Then { get; set; }

    public SchemaNode? Else { get; set; }
}

/// <summary>A schema with an identifier of its own (<c>$id</c>), or a document's root.</summary>
/// <param name="document">Address of the document it is part of.</param>
/// <param name="location">JSON pointer from the document's root.</param>
internal sealed class SchemaResource(Uri address, Uri document, JsonElement element, string location)
{
    public Uri Address { get; } = address;

    public Uri Document { get; } = document;

    public JsonElement Element { get; } = element;

    public string Location { get; } = location;

    /// <summary>Schemas that <c>$anchor</c> and <c>$dynamicAnchor</c> name, with their locations.</summary>
    public Dictionary<string, (JsonElement Schema, string Location)> Anchors { get; } = new(StringComparer.Ordinal);

    /// <summary>Names of anchors that are dynamic.</summary>
    public HashSet<string> DynamicAnchors { get; } = new(StringComparer.Ordinal);

    /// <summary>The nodes of dynamic anchors that some dynamic reference asks for.</summary>
    public Dictionary<string, SchemaNode> DynamicTargets { get; } = new(StringComparer.Ordinal);
}
