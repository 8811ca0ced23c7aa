namespace MistralStudio.Core;

/// <summary>What people define in a workspace that can name its models, prompts and connections.</summary>
public enum DefinitionKind
{
    /// <summary>A chat app, its draft or what it published.</summary>
    App,

    /// <summary>A flow, its draft or what it published.</summary>
    Flow,

    /// <summary>A knowledge base whose search asks a model.</summary>
    Knowledge,

    /// <summary>A connection that falls back to another model.</summary>
    Connection,

    /// <summary>A saved prompt.</summary>
    Prompt,
}
