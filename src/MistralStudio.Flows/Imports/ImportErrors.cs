using MistralStudio.Core;

namespace MistralStudio.Flows.Imports;

/// <summary>Expected failures of imports.</summary>
public static class ImportErrors
{
    public static Error TooLong(int characters) => new(
        "import.too_long",
        $"This file has {characters:N0} characters; an import may have {FlowImport.MostCharacters:N0}.",
        "Export one flow at a time.");

    public static Error TooDeep() => new("import.too_deep", $"This file is nested more than {FlowImport.MostDepth} deep.", "Export the flow again; a flow is not written like that.");

    public static Error TooManyValues() => new("import.too_many_values", $"This file has more than {FlowImport.MostValues:N0} values.", "Export one flow at a time.");

    public static Error TooManyNodes(int nodes) => new("import.too_many_nodes", $"This flow has {nodes:N0} nodes; an import may have {FlowImport.MostNodes:N0}.", "Split it up where it is from.");

    public static Error HasAliases() => new("import.aliases", "This YAML refers to other parts of itself.", "Export the flow again: an export does not use anchors.");

    public static Error Unreadable(string reason) => new("import.unreadable", $"This is neither JSON nor YAML that can be read: {reason.TrimEnd('.')}.", "Export the flow again.");

    public static Error Unknown() => new(
        "import.unknown",
        "This is no flow that is known here.",
        "Import the export of a flow from Dify (YAML), Flowise or Langflow (JSON), or a flow of this studio.");

    public static Error NoFlow(string source, string reason) => new("import.no_flow", $"This export of {source} has no flow in it: {reason}.", "Export the flow itself.");
}
