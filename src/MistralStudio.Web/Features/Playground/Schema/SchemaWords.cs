namespace MistralStudio.Web.Features.Playground.Schema;

/// <summary>Names the resource file of schemas and what follows them.</summary>
public sealed class SchemaWords;
