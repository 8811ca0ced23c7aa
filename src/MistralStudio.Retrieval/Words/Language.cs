namespace MistralStudio.Retrieval.Words;

/// <summary>The language of a document, as far as its words are treated by it. The names go into index files and onto the wire of a store.</summary>
internal enum Language
{
    /// <summary>Also what cannot be told.</summary>
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Russian,

    /// <summary>A language without a stemmer here: its words are found by their runs of three letters too.</summary>
    Other,
}
