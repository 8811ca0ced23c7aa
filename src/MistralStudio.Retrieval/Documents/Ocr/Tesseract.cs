using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Documents.Ocr;

/// <summary>The system's <c>tesseract</c> and <c>pdftoppm</c>: reads text off pictures.</summary>
internal sealed class Tesseract
{
    // What Tesseract reads best; smaller letters blur, larger pictures only take longer.
    private const int Dpi = 200;
    private const double PointsPerPixel = 72.0 / Dpi;
    private const double LeastConfidence = 30;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);
    private static readonly ConcurrentDictionary<string, Tesseract?> s_found = new(StringComparer.Ordinal);

    private readonly string _path;
    private readonly string? _pages;
    private readonly string _languages;

    private Tesseract(string path, string? pages, string languages) => (_path, _pages, _languages) = (path, pages, languages);

    /// <summary>True where pages of PDFs can be made pictures of.</summary>
    public bool ReadsPages => _pages is not null;

    /// <summary>The installed one; null where there is none.</summary>
    /// <param name="languages">As Tesseract names them, joined by +; null: all that are installed, up to four.</param>
    public static Tesseract? Find(string? languages) => s_found.GetOrAdd(languages ?? "", static wanted =>
    {
        if (Which("tesseract") is not { } path)
        {
            return null;
        }

        if (wanted.Length == 0)
        {
            var listed = Run(path, ["--list-langs"], null, CancellationToken.None) is { } output ? Encoding.UTF8.GetString(output) : "";
            string[] installed = [.. listed.Split('\n').Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0 && line != "osd" && line != "equ")];
            wanted = string.Join('+', installed.OrderByDescending(language => language == "eng").Take(4));
        }

        return wanted.Length == 0 ? null : new Tesseract(path, Which("pdftoppm"), wanted);
    });

    /// <summary>The paragraphs in a picture with their places, in reading order; null where it is none.</summary>
    public IReadOnlyList<(string Text, BlockBox Box)>? Read(byte[] picture, double pointsPerPixel, CancellationToken cancellationToken)
    {
        var output = Run(_path, ["stdin", "stdout", "-l", _languages, "--dpi", Dpi.ToString(CultureInfo.InvariantCulture), "tsv"], picture, cancellationToken);
        return output is null ? null : Paragraphs(Encoding.UTF8.GetString(output), pointsPerPixel);
    }

    /// <summary>The paragraphs of a PDF's page.</summary>
    /// <param name="path">The file, on disk.</param>
    public IReadOnlyList<(string Text, BlockBox Box)>? ReadPage(string path, int page, CancellationToken cancellationToken)
    {
        var number = page.ToString(CultureInfo.InvariantCulture);
        var picture = _pages is null ? null : Run(
            _pages, ["-r", Dpi.ToString(CultureInfo.InvariantCulture), "-gray", "-f", number, "-l", number, "-singlefile", path], null, cancellationToken);
        return picture is { Length: > 0 } ? Read(picture, PointsPerPixel, cancellationToken) : null;
    }

    /// <summary>
    /// Tesseract's table, tab-separated: level, page, block, paragraph, line, word, left, top, width, height, confidence, text; level 5 is a word.
    /// </summary>
    internal static IReadOnlyList<(string Text, BlockBox Box)> Paragraphs(string table, double pointsPerPixel)
    {
        var paragraphs = new List<(string, BlockBox)>();
        var text = new StringBuilder();
        (string Block, string Paragraph, string Line) at = ("", "", "");
        double left = 0, top = 0, right = 0, bottom = 0;
        foreach (var row in table.Split('\n').Skip(1))
        {
            var cells = row.TrimEnd('\r').Split('\t');
            if (cells.Length < 12 || cells[0] != "5" || cells[11].Trim() is not { Length: > 0 } word
                || !double.TryParse(cells[10], CultureInfo.InvariantCulture, out var confidence) || confidence < LeastConfidence)
            {
                continue;
            }

            var place = cells[6..10].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture) * pointsPerPixel).ToArray();
            (string Block, string Paragraph, string Line) now = (cells[2], cells[3], cells[4]);
            if (text.Length > 0 && (now.Block, now.Paragraph) != (at.Block, at.Paragraph))
            {
                Close();
            }

            (left, top, right, bottom) = text.Length == 0
                ? (place[0], place[1], place[0] + place[2], place[1] + place[3])
                : (Math.Min(left, place[0]), Math.Min(top, place[1]), Math.Max(right, place[0] + place[2]), Math.Max(bottom, place[1] + place[3]));
            text.Append(text.Length == 0 ? "" : now.Line == at.Line ? " " : "\n").Append(word);
            at = now;
        }

        Close();
        return paragraphs;

        void Close()
        {
            if (text.Length > 0)
            {
                paragraphs.Add((text.ToString(), new((float)left, (float)top, (float)(right - left), (float)(bottom - top))));
                text.Clear();
            }
        }
    }

    private static string? Which(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(folder => (string[])[Path.Combine(folder, program), Path.Combine(folder, program + ".exe")]).FirstOrDefault(File.Exists);

    /// <summary>What a program printed; null where it failed or took too long.</summary>
    private static byte[]? Run(string program, string[] arguments, byte[]? input, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true,
        };
        // One page after the other already keeps a processor busy.
        start.Environment["OMP_THREAD_LIMIT"] = "1";
        using var process = Process.Start(start);
        if (process is null)
        {
            return null;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_longest);
        using var kill = limit.Token.Register(() => Kill(process));
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var feeding = new Thread(() => Feed(process, input)) { IsBackground = true };
        feeding.Start();
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        process.WaitForExit();
        feeding.Join();
        cancellationToken.ThrowIfCancellationRequested();
        return process.ExitCode == 0 ? output.ToArray() : null;
    }

    private static void Feed(Process process, byte[]? input)
    {
        try
        {
            using var to = process.StandardInput.BaseStream;
            to.Write(input ?? []);
        }
        catch (IOException)
        {
            // it has seen enough; its exit code says whether that was well
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // it has ended already
        }
    }
}
