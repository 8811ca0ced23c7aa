using System.Text.Json;
using System.Text.RegularExpressions;
using MistralStudio.Core;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Schemas;
using MistralStudio.Web.Features.Playground.Schema;

namespace MistralStudio.Web.Features.Playground.Tools;

/// <summary>A tool that is being written: what is typed, and what is wrong with it.</summary>
public sealed partial class ToolDraft
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IReadOnlyCollection<string> _taken;

    /// <summary>Begins with a tool, or with an example of one.</summary>
    /// <param name="taken">Names of the other tools.</param>
    public ToolDraft(PromptTool? tool, IReadOnlyCollection<string> taken)
    {
        _taken = taken;
        Name = tool?.Name ?? "";
        Description = tool?.Description ?? "";
        Parameters = tool is null ? SchemaText.Parameters : JsonSerializer.Serialize(tool.Parameters, s_indented);
        Elsewhere = tool?.Source is { Acts: true } source ? source : null;
        ByHand = tool is { Source: null };
        Mock = tool?.Source?.Mock ?? "";
        Look(Parameters);
    }

    public string Name { get; set; }

    public string Description { get; set; }

    /// <summary>JSON Schema of the arguments, as text.</summary>
    public string Parameters { get; private set; }

    /// <summary>True where a person writes each result.</summary>
    public bool ByHand { get; set; }

    /// <summary>The text that stands for its results.</summary>
    public string Mock { get; set; }

    /// <summary>The server's tool or the flow that it is; null for one of its own.</summary>
    public PromptToolSource? Elsewhere { get; }

    /// <summary>What is wrong with <see cref="Parameters"/>; null where nothing is.</summary>
    public Error? Fault { get; private set; }

    /// <summary>Where it is wrong; null where nothing is, and where it is wrong as a whole.</summary>
    public TextPlace? Place { get; private set; }

    /// <summary>True where <see cref="Name"/> could not be called.</summary>
    public bool IsNameBad => !IsName(Name.Trim());

    /// <summary>True where another tool is called that.</summary>
    public bool IsNameTaken => _taken.Contains(Name.Trim());

    /// <summary>Takes what was typed as the schema of the arguments.</summary>
    public void Look(string parameters)
    {
        Parameters = parameters;
        (Fault, Place) = (null, null);
        if (parameters.Length > SchemaReport.MostCharacters)
        {
            Fault = SchemaTextErrors.TooLong(SchemaReport.MostCharacters);
        }
        else if (JsonPlaces.FindFault(parameters) is { } broken)
        {
            (Fault, Place) = (SchemaTextErrors.NoJson(broken.Place, broken.Reason), broken.Place);
        }
        else if (JsonSchema.FindFault(JsonElement.Parse(parameters)) is { } fault)
        {
            (Fault, Place) = (fault.Error, JsonPlaces.Find(parameters, fault.Pointer));
        }
        else if (JsonElement.Parse(parameters) is not { ValueKind: JsonValueKind.Object } schema
            || (schema.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("object"))))
        {
            (Fault, Place) = (ToolDraftErrors.NoObject(), JsonPlaces.Find(parameters, "/type"));
        }
    }

    /// <summary>The tool; null while something of it is wrong.</summary>
    public PromptTool? Make() => IsNameBad || IsNameTaken || Fault is not null
        ? null
        : new PromptTool(
            Name.Trim(), Description.Trim(), JsonElement.Parse(Parameters),
            Elsewhere ?? (ByHand ? null : new PromptToolSource(Mock: Mock)));

    /// <summary>True for what every server of models takes as a name.</summary>
    public static bool IsName(string name) => Pattern().IsMatch(name);

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

/// <summary>Expected failures of tools that are being written.</summary>
public static class ToolDraftErrors
{
    public static Error NoObject() => new(
        "tool.parameters_no_object", "The arguments of a tool are an object.", "Begin the schema with \"type\": \"object\", and name the arguments under \"properties\".");
}
