using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;

namespace MistralStudio.Core.Prompts;

/// <summary>
/// What is kept of a prompt: everything that a model is asked with, but the values of its variables. <see cref="PromptJson"/> writes it in one
/// way only, so that equal contents have equal hashes; compare by <see cref="PromptJson.Hash"/>, since lists do not compare by what they hold.
/// </summary>
public sealed record PromptContent
{
    /// <summary>No message, the default model, nothing set.</summary>
    public static PromptContent Empty { get; } = new();

    /// <summary>In order; their texts may hold <c>{{names}}</c>.</summary>
    public IReadOnlyList<PromptMessage> Messages { get; init; } = [];

    /// <summary>A model reference; never one of a prompt.</summary>
    public string Model { get; init; } = ModelReference.Default.ToString();

    /// <summary>How the answer is drawn.</summary>
    public GenerationSettings Settings { get; init; } = GenerationSettings.Default;

    /// <summary>What is known of the variables; one that a text names and that stands not here is a text without a default.</summary>
    public IReadOnlyList<PromptVariable> Variables { get; init; } = [];

    /// <summary>Tools that the model may call.</summary>
    public IReadOnlyList<PromptTool> Tools { get; init; } = [];

    /// <summary>The form of the answer; null for text.</summary>
    public PromptSchema? Answer { get; init; }

    /// <summary>Knowledge bases that the question is looked up in.</summary>
    public IReadOnlyList<KnowledgeBaseId> Knowledge { get; init; } = [];

    /// <summary>How much of <see cref="Knowledge"/> is read.</summary>
    public KnowledgeReading Reading { get; init; } = KnowledgeReading.Default;

    /// <summary>Bytes of images that came with it and are kept nowhere yet, by hash; none in what a store gives. They are no part of its JSON.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Attached { get; init; } = ReadOnlyDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <summary>The images of its messages, each once.</summary>
    [JsonIgnore]
    public IEnumerable<MessageImage> Images => Messages.SelectMany(message => message.Images).DistinctBy(image => image.Sha256);
}

/// <summary>A message of a prompt.</summary>
/// <param name="Text">May hold <c>{{names}}</c> of variables.</param>
public sealed record PromptMessage(MessageRole Role, string Text)
{
    /// <summary>Images of a person's message; left out of the JSON where there are none. Their bytes are blobs of whatever holds the prompt.</summary>
    public IReadOnlyList<MessageImage> Images { get; init; } = [];

    /// <summary>True where it neither says nor shows anything.</summary>
    [JsonIgnore]
    public bool IsEmpty => string.IsNullOrWhiteSpace(Text) && Images.Count == 0;

    /// <inheritdoc/>
    public bool Equals(PromptMessage? other) => other is not null && Role == other.Role && Text == other.Text && Images.SequenceEqual(other.Images);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Role, Text, Images.Count);
}

/// <summary>What a variable takes.</summary>
public enum PromptVariableKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A number as JSON writes it.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>One of <see cref="PromptVariable.Choices"/>.</summary>
    Choice,

    /// <summary>Any JSON value.</summary>
    Json,
}

/// <summary>What is known of a variable.</summary>
/// <param name="Name">As it stands between the braces.</param>
/// <param name="Description">What to give, for whoever fills it in; null where nothing is said.</param>
/// <param name="Default">Taken where no value is given; null where one has to be.</param>
public sealed record PromptVariable(string Name, PromptVariableKind Kind = PromptVariableKind.Text, string? Description = null, string? Default = null)
{
    /// <summary>What a <see cref="PromptVariableKind.Choice"/> may be; empty for the other kinds.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];
}

/// <summary>A tool that the model may call.</summary>
/// <param name="Name">Letters, digits, <c>_</c> and <c>-</c>, at most 64.</param>
/// <param name="Parameters">JSON Schema of its arguments, an object.</param>
/// <param name="Source">Where its results come from in the playground; null: the person writes them. Callers of the API give results themselves.</param>
public sealed record PromptTool(string Name, string Description, JsonElement Parameters, PromptToolSource? Source = null);

/// <summary>Where results of a tool come from; one of them.</summary>
/// <param name="Mock">A text that stands for them.</param>
/// <param name="Mcp">A tool of an MCP server.</param>
/// <param name="Flow">A published flow, <c>slug@number</c>.</param>
public sealed record PromptToolSource(string? Mock = null, PromptMcpTool? Mcp = null, string? Flow = null)
{
    /// <summary>True where a call does something somewhere, so that a person is asked before it.</summary>
    [JsonIgnore]
    public bool Acts => Mcp is not null || Flow is not null;
}

/// <summary>A tool of an MCP server.</summary>
/// <param name="Server">Short name of a connection, or the name of one of the operator's servers.</param>
/// <param name="Tool">Its name there.</param>
public sealed record PromptMcpTool(string Server, string Tool);

/// <summary>The form that the answer has.</summary>
/// <param name="Name">Letters, digits, <c>_</c> and <c>-</c>, at most 64.</param>
/// <param name="Schema">JSON Schema.</param>
/// <param name="Strict">True where the model is held to it, false where it is asked to follow it.</param>
public sealed record PromptSchema(string Name, JsonElement Schema, bool Strict = true);
