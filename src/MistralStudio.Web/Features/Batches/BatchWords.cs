namespace MistralStudio.Web.Features.Batches;

/// <summary>Names the resource file of the pages of batches.</summary>
public sealed class BatchWords;
