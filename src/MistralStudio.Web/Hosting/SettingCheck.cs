using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using MistralStudio.Agents.Mail;
using MistralStudio.Agents.Mcp;
using MistralStudio.Cluster;
using MistralStudio.Core;
using MistralStudio.Data.Batches;
using MistralStudio.Data.Postgres;
using MistralStudio.Inference;
using MistralStudio.Retrieval;
using MistralStudio.Retrieval.Qdrant;

namespace MistralStudio.Web.Hosting;

/// <summary>
/// Reads the settings of every room before anything is built, so that a wrong one stops the start with one line: which, what it was, what it may be.
/// </summary>
internal static class SettingCheck
{
    /// <summary>The first wrong setting; null where all are well.</summary>
    public static Error? Find(IConfiguration configuration) =>
        FindIn<InferenceOptions>(configuration.GetSection(InferenceOptions.Section))
        ?? FindIn<KnowledgeOptions>(configuration.GetSection(KnowledgeOptions.Section))
        ?? FindIn<QdrantOptions>(configuration.GetSection(QdrantOptions.Section))
        ?? FindIn<McpOptions>(configuration.GetSection(McpOptions.Section))
        ?? FindIn<MailOptions>(configuration.GetSection(MailOptions.Section))
        ?? FindIn<ClusterOptions>(configuration.GetSection(ClusterOptions.Section))
        ?? FindIn<BatchOptions>(configuration.GetSection(BatchOptions.Section))
        ?? FindWrongUrl(configuration)
        ?? FindMissingOfCluster(configuration)
        ?? EgressServices.FindWrong(configuration);

    private static Error? FindWrongUrl(IConfiguration configuration) =>
        configuration[$"{QdrantOptions.Section}:{nameof(QdrantOptions.Url)}"] is { Length: > 0 } url
        && !(Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https")
            ? SettingErrors.Wrong($"{QdrantOptions.Section}:{nameof(QdrantOptions.Url)}", url, "an address like http://localhost:6333")
            : null;

    // What is in a file of one process, the others do not have.
    private static Error? FindMissingOfCluster(IConfiguration configuration)
    {
        if (configuration.GetSection(ClusterOptions.Section).Get<ClusterOptions>() is not { Enabled: true })
        {
            return null;
        }

        if (configuration[PostgresDatabase.Setting] is not { Length: > 0 })
        {
            return SettingErrors.Wrong(PostgresDatabase.Setting, "", "the PostgreSQL database of all processes where Cluster:Enabled is true");
        }

        var qdrant = configuration.GetSection(QdrantOptions.Section).Get<QdrantOptions>() ?? new();
        return !qdrant.IsSet
            ? SettingErrors.Wrong($"{QdrantOptions.Section}:{nameof(QdrantOptions.Url)}", "", "the Qdrant server that all processes keep knowledge in where Cluster:Enabled is true")
            : !qdrant.CountsAsThisMachine
                ? SettingErrors.Wrong(
                    $"{QdrantOptions.Section}:{nameof(QdrantOptions.OnThisMachine)}", configuration[$"{QdrantOptions.Section}:{nameof(QdrantOptions.OnThisMachine)}"] ?? "",
                    "true where Cluster:Enabled is true: all knowledge is in Qdrant then, also what must not leave, so Qdrant has to be in the cluster's private network")
                : null;
    }

    private static Error? FindIn<TOptions>(IConfigurationSection section)
        where TOptions : class, new()
    {
        foreach (var property in typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            // Lists and empty texts keep their default; every text is a path or a name that is checked where it is used.
            if (section[property.Name] is { Length: > 0 } text && property.PropertyType != typeof(string)
                && TypeDescriptor.GetConverter(property.PropertyType) is { } converter && converter.CanConvertFrom(typeof(string))
                && !IsRight(text, converter, property.GetCustomAttribute<RangeAttribute>()))
            {
                return SettingErrors.Wrong($"{section.Key}:{property.Name}", text, MayBe(property));
            }
        }

        // The rest in the words of the room itself: one of a few words, and what only makes sense together.
        var options = section.Get<TOptions>() ?? new TOptions();
        var faults = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true)
            ? null
            : Explain(faults[0], section);
    }

    private static Error Explain(ValidationResult fault, IConfigurationSection section)
    {
        var message = fault.ErrorMessage ?? "";
        return fault.MemberNames.FirstOrDefault() is { } name && message.StartsWith($"{section.Key}:{name} may be ", StringComparison.Ordinal)
            ? SettingErrors.Wrong($"{section.Key}:{name}", section[name] ?? "", message[$"{section.Key}:{name} may be ".Length..].TrimEnd('.'))
            : SettingErrors.Contradiction(message);
    }

    private static bool IsRight(string text, TypeConverter converter, RangeAttribute? range)
    {
        try
        {
            var value = converter.ConvertFromInvariantString(text);
            return range is null || range.IsValid(value);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private static string MayBe(PropertyInfo property)
    {
        var kind = property.PropertyType == typeof(TimeSpan) ? "a time"
            : property.PropertyType == typeof(bool) ? "true or false"
            : property.PropertyType == typeof(double) ? "a number"
            : "a whole number";
        return property.GetCustomAttribute<RangeAttribute>() is { } range
            ? string.Create(CultureInfo.InvariantCulture, $"{kind} from {range.Minimum} to {range.Maximum}")
            : kind;
    }
}
