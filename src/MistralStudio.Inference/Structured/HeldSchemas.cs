using System.Text.Json;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Inference.Structured;

/// <inheritdoc cref="IHeldSchemas"/>
internal sealed class HeldSchemas : IHeldSchemas
{
    /// <inheritdoc/>
    public SchemaFault? FindFault(JsonElement schema) => OutputGrammar.FindFault(schema);
}
