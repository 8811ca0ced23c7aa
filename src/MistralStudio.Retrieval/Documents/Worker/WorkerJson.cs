using System.Text.Json.Serialization;
using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Tables;
using MistralStudio.Retrieval.Tables;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>A document to read.</summary>
/// <param name="Name">The name it was uploaded under: a label.</param>
/// <param name="Bytes">Its length; the content follows.</param>
/// <param name="Table">Says that it is a table, whose content comes in any number of pieces; null: it is a document.</param>
internal sealed record ParseRequest(string Name, int Bytes, ParseLimits Limits, TableRequest? Table = null);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ParseRequest))]
[JsonSerializable(typeof(ExtractedText))]
[JsonSerializable(typeof(TableShape))]
[JsonSerializable(typeof(Error))]
internal sealed partial class WorkerJson : JsonSerializerContext;
