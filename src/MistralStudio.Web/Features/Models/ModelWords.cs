namespace MistralStudio.Web.Features.Models;

/// <summary>Names the resource file of these pages.</summary>
public sealed class ModelWords;
