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
        "Install tesseract and pdftoppm (poppler) beside MistralStudio and try again, or run text recognition over it yourself and add the result.");

    public static Error NothingRecognised(int pages) => new(
        "document.no_text",
        pages == 1 ? "This PDF is a scan, and no text could be recognised on its page." : $"This PDF is a scan, and no text could be recognised on its {pages:N0} pages.",
        "Scan it again with more contrast, upright and at 200 dpi or more, and add the result.");

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
        "Add documents only: PDF, Office, mail, web page, picture, Markdown or text.");

    public static Error Unsupported(string what) => new(
        "document.unsupported",
        $"This file is {what}, which cannot be read here.",
        "Save it as PDF, DOCX, XLSX, Markdown or text and add that.");

    public static Error OldOffice() => new(
        "document.unsupported",
        "This file has the old binary format of Word, Excel or PowerPoint (.doc, .xls, .ppt), which cannot be read here.",
        "Open it and save it as .docx, .xlsx or .pptx, and add that.");

    public static Error OutlookMail() => new(
        "document.unsupported",
        "This file is a mail in Outlook's own format (.msg), which cannot be read here.",
        "Save the mail as .eml (drag it out of Outlook on the web, or of Thunderbird), and add that.");

    public static Error Archive() => new(
        "document.unsupported",
        "This file is an archive of a kind that cannot be opened here.",
        "Unpack it and add the files, or pack them as .zip.");

    public static Error BrokenArchive() => new(
        "document.broken",
        "This archive is damaged and cannot be opened.",
        "Make it again where it came from, and add that.");

    public static Error BrokenOffice() => new(
        "document.broken",
        "This Office file is damaged and cannot be read.",
        "Open it in its program, save it under a new name, and add that.");

    public static Error BrokenMail() => new(
        "document.broken",
        "This mail is damaged and cannot be read.",
        "Export it again from the mail program, and add that.");

    public static Error BrokenPicture() => new(
        "document.broken",
        "This picture is damaged or of a kind that text recognition cannot open.",
        "Save it as PNG or JPEG and add that.");

    public static Error PictureWithoutOcr() => new(
        "document.picture",
        "This file is a picture, and text recognition is not installed here.",
        "Install tesseract beside MistralStudio and try again, or add the text of it.");

    public static Error PictureWithoutText() => new(
        "document.no_text",
        "No text could be recognised in this picture.",
        "Take it again upright, sharp and larger, or add the text of it.");

    public static Error UnpacksTooLarge(long limit) => new(
        "document.unpacks_too_large",
        $"This file unpacks to more than {Size.Format(limit)}.",
        "Add the files in it by themselves, or raise Knowledge:MaxUnpackedBytes.");

    public static Error TooDeep(int limit) => new(
        "document.too_deep",
        $"Archives and mails lie more than {limit} deep in each other here.",
        "Unpack the outer ones and add what is in them.");

    public static Error NothingReadable(int files) => new(
        "document.nothing_readable",
        files == 1 ? "The file in this archive cannot be read." : $"None of the {files:N0} files in this archive can be read.",
        "Unpack it and add the documents in it: each says then why it cannot be read.");

    public static Error TooMuchMemory(long limit) => new(
        "document.too_much_memory",
        $"Reading this document needs more than {Size.Format(limit)} of memory.",
        "Split it or save it in a simpler form, or raise Knowledge:ParserMemoryBytes.");

    public static Error ParserUnavailable() => new(
        "document.parser_unavailable",
        "The process that reads documents could not be started.",
        "Try again; where it stays so, the log names the reason.");

    public static Error UnknownBinary() => new(
        "document.unknown_format",
        "This file is in no format that is known here.",
        "Save it as PDF, DOCX, XLSX, Markdown or text and add that.");

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
