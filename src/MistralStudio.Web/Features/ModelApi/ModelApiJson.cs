using System.Text.Json;
using System.Text.Json.Serialization;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>How the model API writes: <c>snake_case</c>, absent rather than null unless a shape says otherwise.</summary>
internal static class ModelApiJson
{
    /// <summary>Unknown fields are ignored, numbers are numbers, at most 64 levels deep.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 64,
    };
}
