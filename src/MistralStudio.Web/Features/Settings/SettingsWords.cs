namespace MistralStudio.Web.Features.Settings;

/// <summary>Names <c>SettingsWords.resx</c>.</summary>
public sealed class SettingsWords;
