using System.Net;
using MistralStudio.Cluster;
using MistralStudio.Core;
using MistralStudio.Data.Postgres;

namespace MistralStudio.Web.Hosting;

/// <summary>The section <c>Studio</c> of the configuration.</summary>
public sealed record StudioOptions
{
    public const string Section = "Studio";
    public const string DefaultUrls = "http://localhost:5080";

    /// <summary>Where everything is kept, absolute.</summary>
    public required string DataPath { get; init; }

    /// <summary>The folder of what all processes of a cluster have, absolute; null where this one is alone.</summary>
    public string? SharedPath { get; init; }

    /// <summary>Connection string of the PostgreSQL database that takes the place of <c>studio.db</c>; null for none.</summary>
    public string? Postgres { get; init; }

    /// <summary>True where a power cut takes nothing of a run that was committed; a crash of the process never does.</summary>
    public bool SurvivesPowerCuts { get; init; }

    /// <summary>Where the server listens, separated by semicolons.</summary>
    public required string Urls { get; init; }

    /// <summary>What links are made of; null where it is the address that it listens on.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>An address more, for the operator's own network, that answers <c>/metrics</c>, <c>/healthz</c> and <c>/readyz</c> without a key and nothing else; null for none.</summary>
    public Uri? ManagementUrl { get; init; }

    /// <summary>Where traces and metrics are sent by OTLP over gRPC; null sends none.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>Proxies whose forwarded headers are believed.</summary>
    public IReadOnlyList<IPAddress> KnownProxies { get; init; } = [];

    /// <summary>The addresses of <see cref="Urls"/>.</summary>
    public IEnumerable<string> Addresses => Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The address that a person opens.</summary>
    public Uri OpenUrl => PublicUrl ?? new Uri(Addresses.First().Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal)
        .Replace("://[::]", "://localhost", StringComparison.Ordinal).Replace("://*", "://localhost", StringComparison.Ordinal)
        .Replace("://+", "://localhost", StringComparison.Ordinal));

    /// <summary>The address of a page to hand to somebody: <c>Link("a/filings")</c>.</summary>
    public string Link(string path) => $"{OpenUrl.ToString().TrimEnd('/')}/{path}";

    /// <summary>True where links open on this machine only.</summary>
    public bool IsLoopbackOnly => PublicUrl is null && Addresses.All(address =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.IsLoopback);

    /// <summary>True where it listens to the network but has no name there, so that only this machine gets an answer.</summary>
    internal bool IsNameless => PublicUrl is null && !IsLoopbackOnly && Addresses.All(address =>
        address.Contains("://*", StringComparison.Ordinal) || address.Contains("://+", StringComparison.Ordinal)
        || (Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.IsLoopback || uri.Host is "0.0.0.0" or "[::]")));

    /// <summary>The address of a page for whoever gets the link: public where one is set, that of the request otherwise.</summary>
    internal Uri LinkTo(string page, HttpRequest request) => new(PublicUrl ?? new Uri($"{request.Scheme}://{request.Host}"), page);

    /// <summary>Reads and checks the section; a failure names the setting, what it was and what it may be.</summary>
    public static Result<StudioOptions> Read(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        var urls = section[nameof(Urls)] is { Length: > 0 } named ? named : DefaultUrls;
        foreach (var address in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var readable = address.Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal);
            if (!Uri.TryCreate(readable, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                return SettingErrors.Wrong("Studio:Urls", address, "addresses like http://localhost:5080, separated by semicolons");
            }
        }

        var durability = section["Durability"] is { Length: > 0 } said ? said : "process";
        if (durability is not ("process" or "power"))
        {
            return SettingErrors.Wrong("Studio:Durability", durability, "process, or power to lose nothing of a run to a power cut either");
        }

        if (!TryReadUrl(section, nameof(PublicUrl), out var publicUrl))
        {
            return SettingErrors.Wrong("Studio:PublicUrl", section[nameof(PublicUrl)]!, "one address like https://studio.example.com");
        }

        if (!TryReadUrl(section, nameof(ManagementUrl), out var management))
        {
            return SettingErrors.Wrong("Studio:ManagementUrl", section[nameof(ManagementUrl)]!, "one address like http://127.0.0.1:9464");
        }

        if (!TryReadUrl(section, nameof(OtlpEndpoint), out var otlp))
        {
            return SettingErrors.Wrong("Studio:OtlpEndpoint", section[nameof(OtlpEndpoint)]!, "one address like http://localhost:4317");
        }

        var postgres = configuration[PostgresDatabase.Setting] is { Length: > 0 } connection ? connection : null;
        if (postgres is not null && !PostgresDatabase.Check(postgres))
        {
            // What it was may hold a password.
            return SettingErrors.Wrong(PostgresDatabase.Setting, "...", "a connection string like Host=db;Database=studio;Username=studio;Password=...");
        }

        var proxies = new List<IPAddress>();
        foreach (var proxy in section.GetSection(nameof(KnownProxies)).Get<string[]>() ?? [])
        {
            if (!IPAddress.TryParse(proxy, out var address))
            {
                return SettingErrors.Wrong("Studio:KnownProxies", proxy, "a list of IP addresses");
            }

            proxies.Add(address);
        }

        return new StudioOptions
        {
            DataPath = Path.GetFullPath(section[nameof(DataPath)] is { Length: > 0 } path ? path : DefaultDataPath()),
            SharedPath = ReadSharedPath(configuration.GetSection(ClusterOptions.Section)),
            Postgres = postgres,
            Urls = urls,
            PublicUrl = publicUrl,
            ManagementUrl = management,
            OtlpEndpoint = otlp,
            KnownProxies = proxies,
            SurvivesPowerCuts = durability == "power",
        };
    }

    private static bool TryReadUrl(IConfigurationSection section, string name, out Uri? url)
    {
        url = null;
        return section[name] is not { Length: > 0 } text || (Uri.TryCreate(text, UriKind.Absolute, out url) && url.Scheme is "http" or "https");
    }

    // What else is wrong with the section, the check of settings says.
    private static string? ReadSharedPath(IConfigurationSection cluster) =>
        bool.TryParse(cluster[nameof(ClusterOptions.Enabled)], out var isEnabled) && isEnabled && cluster[nameof(ClusterOptions.SharedPath)] is { Length: > 0 } path
            ? Path.GetFullPath(path)
            : null;

    // Beside the solution while developing, the user's own folder otherwise.
    private static string DefaultDataPath()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MistralStudio.sln")))
            {
                return Path.Combine(folder.FullName, "data");
            }
        }

        return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "MistralStudio");
    }
}

/// <summary>Settings that keep the studio from starting.</summary>
public static class SettingErrors
{
    public static Error Wrong(string setting, string was, string may) => new(
        "setting.wrong", $"The setting {setting} is \"{was}\".", $"It may be {may}.");

    public static Error Contradiction(string what) => new("setting.wrong", what, "appsettings.example.json lists every setting with its default.");

    public static Error NotStarted(string reason, string logs) => new(
        "startup.failed", $"The studio could not start: {reason}.", $"The log in {logs} has the cause.");

    public static Error PortInUse(string urls) => new(
        "startup.port_in_use", $"Another program listens on {urls} already.", "Stop it, or choose another address in Studio:Urls.");
}
