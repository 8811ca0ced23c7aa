using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Json;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Apps;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Tables;

namespace MistralStudio.Data.Storage;

/// <summary>
/// How values are written into JSON columns: camelCase, nulls left out, members in the order of their declaration, so that equal values
/// are equal texts and have equal hashes.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GenerationSettings))]
[JsonSerializable(typeof(TokenUsage))]
[JsonSerializable(typeof(TurnTimings))]
[JsonSerializable(typeof(IReadOnlyList<Citation>))]
[JsonSerializable(typeof(IReadOnlyList<GivenPassage>))]
[JsonSerializable(typeof(IReadOnlyList<MessageImage>))]
[JsonSerializable(typeof(IReadOnlyList<ToolUse>))]
[JsonSerializable(typeof(AnswerCheck))]
[JsonSerializable(typeof(IReadOnlyList<TokenConfidence>))]
[JsonSerializable(typeof(KnowledgeReading))]
[JsonSerializable(typeof(IReadOnlyList<KnowledgeBaseId>))]
[JsonSerializable(typeof(IReadOnlyList<PageSpan>))]
[JsonSerializable(typeof(IReadOnlyList<TextBlock>))]
[JsonSerializable(typeof(IReadOnlyList<DocumentNote>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, MetadataValue>))]
[JsonSerializable(typeof(KnowledgeSettings))]
[JsonSerializable(typeof(SyncReport))]
[JsonSerializable(typeof(IReadOnlyList<int>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<TableNote>))]
[JsonSerializable(typeof(AppDefinition))]
[JsonSerializable(typeof(ConnectionSettings))]
internal sealed partial class StudioJson : JsonSerializerContext
{
    public static string Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);

    public static T Read<T>(string json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json, type) ?? throw new InvalidOperationException($"A stored {typeof(T).Name} is null.");

    /// <summary>SHA-256 of the UTF-8 text, lower-case hex.</summary>
    public static string Hash(string json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
}
