using System.Text.RegularExpressions;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Connections;

/// <summary>What a connection may be, decided over its settings alone.</summary>
public static partial class ConnectionRules
{
    public const int UsualTimeoutSeconds = 100;
    public const int MostTimeoutSeconds = 600;
    public const int UsualRetries = 2;
    public const int MostRetries = 5;
    public const int MaxName = 80;
    public const int MaxKey = 4000;
    private const int MostModels = 500;
    private const int MostFallbacks = 5;
    private const decimal MostPrice = 100_000;

    /// <summary>The first thing that is wrong; null where nothing is.</summary>
    public static Error? Find(ConnectionSettings settings)
    {
        if (settings.Name.Trim().Length is 0 or > MaxName)
        {
            return ConnectionErrors.Wrong("name", "A connection needs a name.", $"Give it one of up to {MaxName} characters.");
        }

        if (!settings.Address.IsAbsoluteUri || settings.Address.Scheme is not ("http" or "https") || settings.Address.UserInfo.Length > 0
            || settings.Address.Query.Length > 0 || settings.Address.Fragment.Length > 0)
        {
            return ConnectionErrors.Wrong("address", "This is no address of a server.", "Give one like https://api.example.com/v1, without a key or a query in it.");
        }

        if (settings.Kind == ConnectionKind.AzureOpenAi && !Version().IsMatch(settings.ApiVersion ?? ""))
        {
            return ConnectionErrors.Wrong("apiVersion", "Azure needs the version of its API.", "Give one like 2024-10-21; the portal shows it beside the deployment.");
        }

        if (settings.KeyHeader is { } header && (!HeaderForm().IsMatch(header) || s_ownHeaders.Contains(header)))
        {
            return ConnectionErrors.Wrong("keyHeader", $"\"{header}\" is no header that a key can go in.", "Name the one that the API asks for, like X-Api-Key, or none for Authorization.");
        }

        if (!settings.Kind.HasModels() && (settings.Models.Count > 0 || settings.Fallback.Count > 0))
        {
            return ConnectionErrors.Wrong("models", "There are no models behind this kind of server.", "Leave models and fallback out, or choose another kind.");
        }

        if (settings.TimeoutSeconds is < 1 or > MostTimeoutSeconds || settings.Retries is < 0 or > MostRetries)
        {
            return ConnectionErrors.Wrong(
                "timeoutSeconds", "Time limit or number of tries is out of range.", $"The limit may be 1 to {MostTimeoutSeconds} s, further tries 0 to {MostRetries}.");
        }

        return FindInModels(settings.Models) ?? FindInFallback(settings.Fallback);
    }

    /// <summary>True for what may stand before the slash of a reference.</summary>
    public static bool IsSlug(string? slug) => slug is not null && SlugForm().IsMatch(slug);

    /// <summary>
    /// True where a kept key would go to another server than it was given for: whoever may change the address must not learn the key by it.
    /// </summary>
    public static bool LeavesServer(Uri was, Uri becomes) => was.Scheme != becomes.Scheme || HostAndPort.Of(was) != HostAndPort.Of(becomes);

    private static Error? FindInModels(IReadOnlyList<ConnectionModel> models)
    {
        if (models.Count > MostModels || models.Select(model => model.Name).Distinct(StringComparer.Ordinal).Count() != models.Count)
        {
            return ConnectionErrors.Wrong("models", "A model is named twice, or there are too many.", $"Name each once, up to {MostModels}.");
        }

        foreach (var model in models)
        {
            if (!ModelReference.TryParse($"a/{model.Name}", out _))
            {
                return ConnectionErrors.Wrong("models", $"\"{model.Name}\" cannot name a model.", "Use its name at the server: up to 200 characters without spaces.");
            }

            if (model.Task is not (ModelTask.Chat or ModelTask.Embedding))
            {
                return ConnectionErrors.Wrong("models", $"\"{model.Name}\" can be neither.", "A model behind a connection is for chat or for embedding.");
            }

            if (model.Price is { } price && (price.Input is < 0 or > MostPrice || price.Output is < 0 or > MostPrice))
            {
                return ConnectionErrors.Wrong("models", $"The price of \"{model.Name}\" is out of range.", "Give US dollars a million tokens, 0 or more.");
            }
        }

        return null;
    }

    private static Error? FindInFallback(IReadOnlyList<string> fallback)
    {
        var wrong = fallback.FirstOrDefault(text => !ModelReference.TryParse(text, out var reference)
            || reference.Kind is not (ModelReferenceKind.Default or ModelReferenceKind.Local or ModelReferenceKind.Connection));
        return wrong is not null || fallback.Count > MostFallbacks
            ? ConnectionErrors.Wrong("fallback", $"\"{wrong ?? fallback[^1]}\" cannot stand in for this connection.", $"Name up to {MostFallbacks} models of this machine or of connections.")
            : null;
    }

    // What carries a request, and would carry something else with a key in it.
    private static readonly System.Collections.Frozen.FrozenSet<string> s_ownHeaders = System.Collections.Frozen.FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Host", "Connection", "Content-Length", "Content-Type", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Expect", "Keep-Alive");

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderForm();

    [GeneratedRegex("^[a-z0-9-]{1,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex SlugForm();

    [GeneratedRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}(-preview)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
