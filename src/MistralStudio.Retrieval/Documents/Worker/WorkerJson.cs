using System.Text.Json.Serialization;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>A document to read.</summary>
/// <param name="Name">The name it was uploaded under: a label.</param>
/// <param name="Bytes">Its length; the content follows.</param>
internal sealed record ParseRequest(string Name, int Bytes, ParseLimits Limits);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ParseRequest))]
[JsonSerializable(typeof(ExtractedText))]
[JsonSerializable(typeof(Error))]
internal sealed partial class WorkerJson : JsonSerializerContext;
