namespace MistralStudio.Retrieval.Sources;

/// <summary>A thing at a source, as one reading finds it.</summary>
/// <param name="Key">Its path below the folder, or its address: what it is known by next time.</param>
/// <param name="Name">What its document is called.</param>
/// <param name="Stamp">Tells a change without the content; null where only the content does.</param>
/// <param name="Open">Its bytes; null where it is there but could not be had.</param>
internal sealed record FoundItem(string Key, string Name, string? ContentType, string? Stamp, Func<Stream>? Open);
