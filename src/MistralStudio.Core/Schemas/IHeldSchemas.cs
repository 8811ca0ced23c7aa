using System.Text.Json;

namespace MistralStudio.Core.Schemas;

/// <summary>Says whether models of this machine can be held to a schema while they write.</summary>
public interface IHeldSchemas
{
    /// <summary>Why they cannot, and which keyword is at fault; null where they can. Takes milliseconds, bounded for hostile schemas.</summary>
    SchemaFault? FindFault(JsonElement schema);
}

/// <summary>What is wrong with a schema.</summary>
/// <param name="Pointer">JSON pointer to the keyword; empty for the whole.</param>
public sealed record SchemaFault(Error Error, string Pointer);
