namespace MistralStudio.Core.Knowledge;

/// <summary>Expected failures of knowledge bases that more than one room can meet.</summary>
public static class KnowledgeErrors
{
    /// <summary>The code of a failure that passes: the store of a base does not answer now.</summary>
    public const string IndexUnreachable = "index.unreachable";

    public static Error BaseNotFound() => new(
        "knowledge.base_not_found",
        "This knowledge base does not exist here.",
        "It may have been deleted; open Knowledge to see which there are.");

    public static Error NoBaseNamed(string reference) => new(
        "knowledge.base_not_found",
        $"There is no knowledge base \"{(reference.Length <= 100 ? reference : reference[..97] + "...")}\" here.",
        "Write its name or its id as Knowledge shows it; it may have been renamed or deleted.");

    public static Error SeveralBasesNamed(string name) => new(
        "knowledge.base_ambiguous",
        $"Several knowledge bases are called \"{name}\".",
        "Write the id of the one that is meant in the place of its name.");

    public static Error BadFilter(string reason) => new(
        "knowledge.bad_filter",
        $"The filter is none: {reason}.",
        "Write it as {\"documents\":[ids],\"conditions\":[{\"field\":\"year\",\"op\":\"atLeast\",\"values\":[2024]}]}; op is is, isNot, atLeast, atMost or exists.");

    public static Error DocumentNotFound() => new(
        "knowledge.document_not_found",
        "This document does not exist in this knowledge base.",
        "It may have been deleted; open the knowledge base to see which there are.");

    public static Error DocumentTooLarge(long bytes, long limit) => new(
        "knowledge.document_too_large",
        $"This file is {Size.Format(bytes)}; the limit is {Size.Format(limit)}.",
        "Split it, or raise Knowledge:MaxDocumentBytes.");

    public static Error DocumentEmpty(string name) => new(
        "knowledge.document_empty",
        $"\"{name}\" is empty: it has no bytes.",
        "Check the file where it came from and add it again.");

    public static Error TooMuchToRead(int characters) => new(
        "knowledge.too_much_to_read",
        $"These documents are longer than {characters:N0} characters: too much to read as a whole.",
        "Let the question be searched for instead: switch \"Read everything\" off.");

    public static Error MetadataTooLong() => new(
        "knowledge.metadata_too_long",
        $"A document can have {IDocumentMetadata.MostFields} fields, whose names have up to {IDocumentMetadata.LongestField} characters and whose texts {IDocumentMetadata.LongestText}.",
        "Shorten them, or keep fewer.");

    public static Error QueryEmpty() => new(
        "knowledge.query_empty",
        "There is nothing to search for: the question is empty.",
        "Write a question.");

    public static Error DiskFull() => new(
        "storage.disk_full",
        "The disk that holds the data folder is full.",
        "Free some space, or move the data folder (Studio:DataPath) to a larger disk, and try again.");

    public static Error Conflict() => new(
        "knowledge.conflict", "Somebody else renamed this knowledge base meanwhile.", "Read it again, then make your change on what you see.");

    public static Error SettingsConflict() => new(
        "knowledge.settings_conflict",
        "Somebody else changed the settings of this knowledge base meanwhile.",
        "Read them again, then make your change on what you see.");

    public static Error MetadataConflict() => new(
        "knowledge.metadata_conflict",
        "Somebody else changed the metadata of this document meanwhile.",
        "Read it again, then make your change on what you see.");

    public static Error PassageNotFound() => new(
        "knowledge.passage_not_found",
        "This passage does not exist in this knowledge base.",
        "Its document may have been read anew, or deleted; open the document to see its passages.");

    public static Error PassageConflict(string? by) => new(
        "knowledge.passage_conflict",
        $"{by ?? "Somebody else"} changed this passage meanwhile.",
        "Read it again, then make your change on what you see.");

    public static Error PassageText() => new(
        "knowledge.passage_text",
        $"A passage says something, in up to {IPassageEditor.LongestText:N0} characters.",
        "Shorten the text; to take a passage out of searches, disable it.");

    public static Error PassageKeywords() => new(
        "knowledge.passage_keywords",
        $"A passage can have {IPassageEditor.MostKeywords} keywords of up to {IPassageEditor.LongestKeyword} characters.",
        "Shorten them, or keep fewer.");

    public static Error BadSetting(string what) => new("knowledge.bad_setting", what, "Choose a value in that range.");

    public static Error TextNotReady() => new(
        "knowledge.text_not_ready", "This document has no text yet.", "Wait until its state is past parsing; where it failed, its error says why.");
}
