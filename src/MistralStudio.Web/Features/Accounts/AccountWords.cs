namespace MistralStudio.Web.Features.Accounts;

/// <summary>Names the resource file of these pages.</summary>
public sealed class AccountWords;
