namespace MistralStudio.Web.Features.Playground.Schema;

/// <summary>Schemas to begin with.</summary>
public static class SchemaText
{
    /// <summary>The form of an answer.</summary>
    public const string Example =
        """
        {
          "type": "object",
          "properties": {
            "answer": { "type": "string" },
            "confidence": { "type": "number", "minimum": 0, "maximum": 1 }
          },
          "required": ["answer", "confidence"],
          "additionalProperties": false
        }
        """;

    /// <summary>The arguments of a tool.</summary>
    public const string Parameters =
        """
        {
          "type": "object",
          "properties": {
            "place": { "type": "string", "description": "A town" }
          },
          "required": ["place"],
          "additionalProperties": false
        }
        """;
}
