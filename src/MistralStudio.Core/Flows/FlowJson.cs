using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MistralStudio.Core.Flows;

/// <summary>How flows, their values and their journals are written.</summary>
public static class FlowJson
{
    /// <summary>camelCase, enums by name, nothing for null, text as it is instead of escaped for HTML.</summary>
    public static JsonSerializerOptions Relaxed { get; } = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        MaxDepth = 128,
    };
}
