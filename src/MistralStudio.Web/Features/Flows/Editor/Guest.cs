namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Somebody else on the canvas.</summary>
/// <param name="Tone">The colour of their round mark.</param>
/// <param name="Selected">Paths of what they have selected.</param>
public sealed record Guest(string Name, string Tone, IReadOnlyList<string> Selected);
