using MistralStudio.Core;

namespace MistralStudio.Retrieval.Documents;

/// <summary>Why a file cannot be read. Each is one document's failure, never the process's.</summary>
public static class DocumentErrors
{
    public static Error Encrypted() => new(
        "document.encrypted",
        "This PDF is encrypted and opens only with its password.",
        "Save a copy without a password and add that.");

    public static Error NoText(int pages) => new(
        "document.no_text",
        pages == 1 ? "This PDF is a scan: its page is a picture without text." : $"This PDF is a scan: its {pages:N0} pages are pictures without text.",
        "Run text recognition (OCR) over it and add the result.");

    public static Error Blank() => new(
        "document.blank",
        "There is no text in this file.",
        "Check the file where it came from and add it again.");

    public static Error BrokenPdf() => new(
        "document.broken",
        "This PDF is damaged and cannot be read.",
        "Open it in a PDF viewer, save or print it to a new PDF, and add that.");

    public static Error Executable() => new(
        "document.executable",
        "This file is a program, whatever its name says.",
        "Add documents only: PDF, Markdown or text.");

    public static Error Unsupported(string what) => new(
        "document.unsupported",
        $"This file is {what}, which cannot be read here.",
        "Save it as PDF, Markdown or text and add that.");

    public static Error UnknownBinary() => new(
        "document.unknown_format",
        "This file is neither a PDF nor text, and its format is unknown.",
        "Save it as PDF, Markdown or text and add that.");

    public static Error TooManyPages(int pages, int limit) => new(
        "document.too_many_pages",
        $"This document has {pages:N0} pages; the limit is {limit:N0}.",
        "Split it, or raise Knowledge:MaxPages.");

    public static Error TooMuchText(int limit) => new(
        "document.too_much_text",
        $"This document says more than {limit:N0} characters.",
        "Split it, or raise Knowledge:MaxCharacters.");

    public static Error TookTooLong(TimeSpan limit) => new(
        "document.took_too_long",
        $"Reading this document took longer than {limit.TotalSeconds:N0} seconds.",
        "Save it as a new, simpler PDF or split it, or raise Knowledge:MaxParseTime.");

    public static Error Unreadable() => new(
        "document.unreadable",
        "Reading this document failed because of something in it that the reader does not understand.",
        "Save it again from the program that made it, as PDF or text, and add that.");

    public static Error BytesGone() => new(
        "document.bytes_gone",
        "The stored bytes of this document are gone.",
        "Delete the document and add it again.");
}
