using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>How the model API writes: <c>snake_case</c>, absent rather than null unless a shape says otherwise.</summary>
internal static class ModelApiJson
{
    /// <summary>For values that are a caller's or a model's own: names and letters stay as they are.</summary>
    public static JsonSerializerOptions Values { get; } = new(AIJsonUtilities.DefaultOptions)
    {
        WriteIndented = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Unknown fields are ignored, numbers are numbers, at most 64 levels deep.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 64,
        // Read by JSON parsers, never inside a page: quotes and letters of any script stay as they are.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
