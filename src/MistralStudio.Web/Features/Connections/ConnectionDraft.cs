using MistralStudio.Core;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Images;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Connections;

/// <summary>A connection as its form holds it.</summary>
public sealed class ConnectionDraft
{
    private const string UsualApiVersion = "2024-10-21";

    /// <summary>The connection that is edited; null for a new one.</summary>
    public Connection? Kept { get; private init; }

    /// <summary>What kind of server it is.</summary>
    public ConnectionPreset Preset { get; private set; } = ConnectionPreset.All[0];

    public string Name { get; set; } = "";

    /// <summary>What stands before the slash; only of a new one, empty makes one of the name.</summary>
    public string Slug { get; set; } = "";

    public string Address { get; set; } = "";

    public string ApiVersion { get; set; } = UsualApiVersion;

    /// <summary>The header that the key goes in; empty for the usual one.</summary>
    public string KeyHeader { get; set; } = "";

    /// <summary>True where the server names the header of its key.</summary>
    public bool NamesKeyHeader => Preset.Kind is ConnectionKind.Http or ConnectionKind.Mcp;

    /// <summary>A key typed now; empty keeps the one before.</summary>
    public string Key { get; set; } = "";

    /// <summary>True where the key before is to be forgotten.</summary>
    public bool IsKeyRemoved { get; set; }

    public List<DraftModel> Models { get; } = [];

    public int TimeoutSeconds { get; set; } = ConnectionRules.UsualTimeoutSeconds;

    public int Retries { get; set; } = ConnectionRules.UsualRetries;

    /// <summary>References of the models that stand in, in order.</summary>
    public List<string> Fallback { get; } = [];

    /// <summary>What the store is told of the key: null keeps it, empty removes it.</summary>
    public string? KeyToSave => Key.Trim() is { Length: > 0 } typed ? typed : IsKeyRemoved ? "" : null;

    /// <summary>A new one, of the first preset.</summary>
    public static ConnectionDraft New()
    {
        var draft = new ConnectionDraft();
        draft.Choose(ConnectionPreset.All[0]);
        return draft;
    }

    /// <summary>A kept one.</summary>
    public static ConnectionDraft Of(Connection connection)
    {
        var settings = connection.Settings;
        var draft = new ConnectionDraft
        {
            Kept = connection,
            Preset = ConnectionPreset.Of(settings),
            Name = settings.Name,
            Slug = connection.Slug,
            Address = settings.Address.ToString(),
            ApiVersion = settings.ApiVersion ?? UsualApiVersion,
            KeyHeader = settings.KeyHeader ?? "",
            TimeoutSeconds = settings.TimeoutSeconds,
            Retries = settings.Retries,
        };
        draft.Models.AddRange(settings.Models.Select(model => new DraftModel { Name = model.Name, Input = model.Price?.Input, Output = model.Price?.Output, Embeds = model.Task == ModelTask.Embedding, ReadsImages = model.ReadsImages ?? ImageReaders.Guess(model.Name) }));
        draft.Fallback.AddRange(settings.Fallback);
        return draft;
    }

    /// <summary>Takes a preset; what the person typed over the preset before stays.</summary>
    public void Choose(ConnectionPreset preset)
    {
        if (Name.Length == 0 || Name == Preset.Name)
        {
            Name = preset.Name;
        }

        if (Address.Length == 0 || Address == Preset.Address)
        {
            Address = preset.Address;
        }

        Preset = preset;
    }

    /// <summary>Adds a model by name, or drops it where it is there.</summary>
    public void Toggle(string name, bool chosen)
    {
        Models.RemoveAll(model => model.Name == name);
        if (chosen && name.Trim().Length > 0)
        {
            // Servers do not say what a model is for; most names of those that embed, or read images, do.
            Models.Add(new DraftModel { Name = name.Trim(), Embeds = name.Contains("embed", StringComparison.OrdinalIgnoreCase), ReadsImages = ImageReaders.Guess(name.Trim()) });
        }
    }

    /// <summary>The settings; fails where the address is none.</summary>
    public Result<ConnectionSettings> ToSettings() => Uri.TryCreate(Address.Trim(), UriKind.Absolute, out var address)
        ? new ConnectionSettings
        {
            Name = Name,
            Kind = Preset.Kind,
            Address = address,
            ApiVersion = Preset.Kind == ConnectionKind.AzureOpenAi ? ApiVersion : null,
            KeyHeader = NamesKeyHeader && KeyHeader.Trim() is { Length: > 0 } header ? header : null,
            Models = Preset.Kind.HasModels() ? [.. Models.Select(model => model.ToModel())] : [],
            TimeoutSeconds = TimeoutSeconds,
            Retries = Retries,
            Fallback = Preset.Kind.HasModels() ? [.. Fallback] : [],
        }
        : ConnectionErrors.Wrong("address", "This is no address of a server.", "Give one like https://api.example.com/v1.");
}

/// <summary>A model in the form.</summary>
public sealed class DraftModel
{
    public required string Name { get; init; }

    /// <summary>US dollars a million tokens of the prompt; null where it is not known.</summary>
    public decimal? Input { get; set; }

    /// <summary>US dollars a million tokens of the answer.</summary>
    public decimal? Output { get; set; }

    /// <summary>True where it turns texts into vectors instead of chatting.</summary>
    public bool Embeds { get; set; }

    /// <summary>True where it is shown images.</summary>
    public bool ReadsImages { get; set; }

    internal ConnectionModel ToModel() => new(Name, Input is null && Output is null ? null : new ModelPrice(Input ?? 0, Output ?? 0))
    {
        Task = Embeds ? ModelTask.Embedding : ModelTask.Chat,
        // What the name says already is not kept: the guess may become better.
        ReadsImages = Embeds || ReadsImages == ImageReaders.Guess(Name) ? null : ReadsImages,
    };
}
