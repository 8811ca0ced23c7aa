using MistralStudio.Core;

namespace MistralStudio.Retrieval.Sources;

/// <summary>Why a source cannot be added or read.</summary>
public static class SourceErrors
{
    public static Error NotFound() => new(
        "knowledge.source_not_found", "This source does not exist in this knowledge base.", "It may have been removed; read the list again.");

    public static Error NoRoots() => new(
        "knowledge.source_no_roots",
        "No folder of the server may be a source here.",
        "Ask the administrator to name folders in Knowledge:SourceRoots.");

    public static Error OutsideRoots(string path) => new(
        "knowledge.source_outside_roots",
        $"\"{path}\" is not below a folder that may be a source.",
        "Choose a folder below one of the allowed roots, not through a link.");

    public static Error FolderMissing(string path) => new(
        "knowledge.source_folder_missing", $"The folder \"{path}\" does not exist on the server, or cannot be read.", "Check the path and its permissions.");

    public static Error NoAddress(string address) => new(
        "knowledge.source_address", $"\"{address}\" is no address of a web page.", "Write it with http:// or https://, without a name and password.");

    public static Error BadSchedule(string schedule) => new(
        "knowledge.source_schedule",
        $"\"{schedule}\" is no schedule.",
        "Write five fields of a cron expression in UTC: \"0 3 * * *\" is every night at three.");

    public static Error OutOfBounds(string what, int most) => new(
        "knowledge.source_bounds", $"{what} may be 0 to {most:N0}.", "Choose a number in that range.");

    public static Error Answered(string address, int status) => new(
        "knowledge.source_answered", $"\"{address}\" answered with {status}.", "Open it in a browser; where it works there, it may want a sign-in that a source has not.");

    public static Error Disallowed(string address) => new(
        "knowledge.source_disallowed", $"The robots.txt of \"{address}\" does not allow reading this page.", "Ask the site's owner, or add the page's text by hand.");

    public static Error Truncated(int most) => new(
        "knowledge.source_truncated", $"There is more than the {most:N0} items that this source may have; the others were left out.", "Raise its limit, or choose a smaller part.");
}
