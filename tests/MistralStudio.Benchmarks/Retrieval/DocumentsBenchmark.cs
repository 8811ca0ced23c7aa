using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Work;
using MistralStudio.Data;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Onnx;
using MistralStudio.Retrieval;
using MistralStudio.Retrieval.Documents;
using MistralStudio.Retrieval.Documents.Pdf;
using MistralStudio.Retrieval.Ingestion;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Fakes;
using UglyToad.PdfPig;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>What reading documents costs: a long PDF beside pdftotext, and whole ingestions beside the embedder alone.</summary>
internal static class DocumentsBenchmark
{
    private const int Rounds = 5;
    private const int IngestionRounds = 3;

    /// <param name="shortOnly">True to ingest all but the longest document: minutes instead of a quarter of an hour.</param>
    public static async Task RunAsync(bool shortOnly)
    {
        Console.WriteLine("| documents | measured | goal |\n|---|---|---|");
        if (SharedData.Find("data", "pdfs") is not { } folder)
        {
            Row("documents", "data/pdfs is not in the shared folder (STUDIO_SHARED)");
            return;
        }

        ReadPdf(Path.Combine(folder, "3M_2015_10K.pdf"));
        await IngestAsync([.. Directory.EnumerateFiles(folder, "*.pdf").Where(file => !shortOnly || new FileInfo(file).Length < 1_000_000).Order(StringComparer.Ordinal)]);
    }

    private static void ReadPdf(string path)
    {
        var content = File.ReadAllBytes(path);
        var limits = ParseLimits.From(new KnowledgeOptions { Ocr = false });
        var pages = 0;
        var (text, layout, poppler) = (new List<double>(), new List<double>(), new List<double>());
        // Turn by turn, so that a busy machine slows all three; the first of each warms up.
        for (var round = 0; round <= Rounds; round++)
        {
            var times = (Text: Time(() => pages = ReadTextOnly(content)),
                Layout: Time(() => new PdfParser().Parse(content, "a.pdf", new ParseContext(limits, _ => { }, CancellationToken.None))),
                Poppler: Time(() => PdfToText(path)));
            if (round > 0)
            {
                text.Add(pages / times.Text);
                layout.Add(pages / times.Layout);
                poppler.Add(pages / times.Poppler);
            }
        }

        Row("PDF, text only, pages/s on one core", Middle(text));
        Row("PDF, with layout, blocks and places, pages/s on one core", Middle(layout));
        var has = Program("pdftotext") is not null;
        Row("pdftotext, pages/s", has ? string.Create(CultureInfo.InvariantCulture, $"{Middle(poppler):0}") : "not installed");
        // Without it here, beside what it took on the machine of the goal: 158 pages in 1.2 s.
        var reference = has ? Middle(poppler) : 158 / 1.2;
        Row("**text only / pdftotext**", Middle(text) / reference, ">= .25");
        Row("with layout / pdftotext", Middle(layout) / reference);
    }

    private static int ReadTextOnly(byte[] content)
    {
        using var document = PdfDocument.Open(content, new ParsingOptions { UseLenientParsing = true, SkipMissingFonts = true });
        for (var page = 1; page <= document.NumberOfPages; page++)
        {
            _ = document.GetPage(page).Text;
        }

        return document.NumberOfPages;
    }

    private static void PdfToText(string path)
    {
        if (Program("pdftotext") is { } program)
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["-layout", path, "-"]) { RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
        }
    }

    /// <summary>Whole ingestions of the same documents beside the embedder given their passages at once.</summary>
    private static async Task IngestAsync(string[] files)
    {
        var folder = Directory.CreateTempSubdirectory("documents-").FullName;
        using var model = EmbeddingModel.Open(
            "all-minilm-l6-v2", Path.Combine(SharedData.StarterModels, "all-minilm-l6-v2"), "starter", new GraphCache(Path.Combine(folder, "graphs")),
            NullLogger.Instance).Value;
        var work = new InlineWork();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddData(folder);
        services.AddRetrieval(folder, options => options.Ocr = false, typeof(DocumentsBenchmark).Assembly);
        services.AddSingleton<IModelHost>(new EmbeddingOnlyHost(model, ScanBenchmark.Dimensions));
        services.AddSingleton<IWorkOwner>(work);
        await using (var provider = services.BuildServiceProvider())
        {
            work.Executor = ActivatorUtilities.CreateInstance<IngestionExecutor>(provider);
            await provider.GetRequiredService<DatabaseStartup>().PrepareAsync(CancellationToken.None);
            var owner = StudioUser.Create("owner@example.com", "Owner", DateTimeOffset.UnixEpoch);
            var workspace = (await provider.GetRequiredService<AccountStore>().CreateFirstOwnerAsync(owner, "Benchmark", CancellationToken.None)).Value.Workspace;
            var knowledge = provider.GetRequiredService<IKnowledgeStore>();
            var (ratios, rates) = (new List<double>(), new List<double>());
            for (var round = 0; round < IngestionRounds; round++)
            {
                var parent = (await knowledge.CreateBaseAsync(workspace, "Base", EmbeddingOnlyHost.ModelId, null, CancellationToken.None)).Id;
                var start = Stopwatch.GetTimestamp();
                foreach (var file in files)
                {
                    await using var content = File.OpenRead(file);
                    var added = await provider.GetRequiredService<IDocumentIntake>().AddAsync(
                        workspace, parent, Path.GetFileName(file), "application/pdf", content, null, CancellationToken.None);
                    if (!added.IsSuccess)
                    {
                        throw new InvalidOperationException(added.Error.ToString());
                    }
                }

                while ((await knowledge.ListDocumentsAsync(workspace, parent, null, null, 100, CancellationToken.None)).Items
                    .Any(document => document.State is not (DocumentState.Indexed or DocumentState.Failed)))
                {
                    await Task.Delay(250); // looking more often costs what is measured
                }

                var whole = Stopwatch.GetElapsedTime(start).TotalSeconds;
                var passages = await PassagesAsync(provider, workspace, parent);
                start = Stopwatch.GetTimestamp();
                foreach (var batch in passages.Select(PassageEmbedding.TextOf).Distinct().OrderBy(text => text.Length).Chunk(new KnowledgeOptions().EmbeddingBatch))
                {
                    await model.GenerateAsync(batch);
                }

                var alone = Stopwatch.GetElapsedTime(start).TotalSeconds;
                ratios.Add(alone / whole);
                rates.Add(passages.Count / whole);
            }

            Row("ingestion end to end, passages/s", Middle(rates));
            Row("**ingestion / the embedder alone**", Middle(ratios), ">= .85");
        }

        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<List<Passage>> PassagesAsync(IServiceProvider provider, WorkspaceId workspace, KnowledgeBaseId parent)
    {
        var passages = new List<Passage>();
        foreach (var document in (await provider.GetRequiredService<IKnowledgeStore>().ListDocumentsAsync(workspace, parent, null, null, 100, CancellationToken.None)).Items)
        {
            passages.AddRange(document.State == DocumentState.Indexed
                ? await provider.GetRequiredService<IPassageStore>().ReadPassagesAsync(document.Id, CancellationToken.None)
                : throw new InvalidOperationException($"{document.Name} is {document.State}: {document.Error}"));
        }

        return passages;
    }

    private static string? Program(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static double Time(Action act)
    {
        var start = Stopwatch.GetTimestamp();
        act();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
