using System.Text.Json;
using MistralStudio.Inference.Hosting;

namespace MistralStudio.Inference.Import;

/// <summary>
/// The folder of one import, beside the installed models so that the finished one gets its place by a rename: <c>.incoming/{id}/</c> with
/// <c>record.json</c>, <c>files/</c>, and a lock that the process holds which works on it.
/// </summary>
internal sealed class ImportFolder(string path)
{
    private const string RecordName = "record.json";

    public string Path { get; } = path;

    /// <summary>Where the model's files come together.</summary>
    public string Files => System.IO.Path.Combine(Path, "files");

    public static string RootOf(DataModels models) => System.IO.Path.Combine(models.Path, ".incoming");

    public static ImportFolder Of(DataModels models, string id) => new(System.IO.Path.Combine(RootOf(models), id));

    /// <summary>Every import that left a folder.</summary>
    public static IEnumerable<ImportFolder> All(DataModels models) =>
        Directory.Exists(RootOf(models)) ? Directory.EnumerateDirectories(RootOf(models)).Select(path => new ImportFolder(path)) : [];

    /// <summary>The record; null where there is none that can be read.</summary>
    public ImportRecord? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(System.IO.Path.Combine(Path, RecordName)), ImportJson.Default.ImportRecord);
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes the record whole: what was there before stays until the new one is on disk.</summary>
    public void Write(ImportRecord record)
    {
        Directory.CreateDirectory(Path);
        var target = System.IO.Path.Combine(Path, RecordName);
        var written = target + ".new";
        using (var file = new FileStream(written, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, record, ImportJson.Default.ImportRecord);
            file.Flush(flushToDisk: true);
        }

        File.Move(written, target, overwrite: true);
    }

    /// <summary>Takes the import for this process; null where another one works on it.</summary>
    public IDisposable? TryTake()
    {
        try
        {
            Directory.CreateDirectory(Path);
            return new FileStream(System.IO.Path.Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void RemoveFiles() => Remove(Files);

    public void Remove() => Remove(Path);

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
