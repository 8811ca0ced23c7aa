namespace MistralStudio.Inference.Tokenization;

/// <summary>The tokens around a text.</summary>
/// <param name="Begin">The token that begins a sequence, where the model has one.</param>
/// <param name="End">The token that ends a sequence, where the model has one.</param>
/// <param name="AddsBegin">True where the model wants <paramref name="Begin"/> before every text.</param>
/// <param name="AddsEnd">True where the model wants <paramref name="End"/> after every whole text (not after a prompt).</param>
internal sealed record SequenceTokens(int? Begin = null, int? End = null, bool AddsBegin = false, bool AddsEnd = false);
