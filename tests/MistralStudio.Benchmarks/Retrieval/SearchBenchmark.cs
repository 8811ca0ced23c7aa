using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Data;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Retrieval;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Splitting;
using MistralStudio.Tests.Shared;
using MistralStudio.Tests.Shared.Fakes;
using static MistralStudio.Benchmarks.Retrieval.RetrievalBenchmark;

namespace MistralStudio.Benchmarks.Retrieval;

/// <summary>A whole search, as a page or a script asks for it: the question is embedded, both legs run, passages come out of <c>studio.db</c>.</summary>
internal static class SearchBenchmark
{
    private const int Documents = 50;
    private const int PassagesPerDocument = 2_000;
    private const int Questions = 100;
    private const int Warmup = 10;

    public static async Task RunAsync(string folder, EmbeddingModel model)
    {
        if (SharedData.Find("data", "retrieval", "pubmedqa", "ori_pqal.json") is not { } file)
        {
            Console.WriteLine("| search of 100,000 passages | data/retrieval is not in the shared folder (STUDIO_SHARED) | |");
            return;
        }

        var (sentences, asked) = await ReadAsync(file);
        var questions = asked.Take(Questions + Warmup).ToList();
        await using var provider = Rooms(folder, model);
        var parent = await MakeAsync(provider, EmbeddingOnlyHost.ModelId, Documents, sentences);
        var workspace = parent.Workspace;

        var search = provider.GetRequiredService<IKnowledgeSearch>();
        var timings = new List<SearchTimings>();
        foreach (var (i, question) in questions.Index())
        {
            var found = (await search.SearchAsync(new(workspace, [parent.Id], question), CancellationToken.None)).Value;
            if (found.Hits.Count != 10)
            {
                throw new InvalidOperationException($"{found.Hits.Count} hits for: {question}");
            }

            if (i >= Warmup)
            {
                timings.Add(found.Timings);
            }
        }

        Row(
            "**search of 100,000 passages by a question, p50 (p95), ms**",
            string.Create(CultureInfo.InvariantCulture, $"{At(timings, .5, t => t.TotalMs):0.0} ({At(timings, .95, t => t.TotalMs):0.0})"));
        Row(
            "of it, p50, ms: embedding the question + meaning + words",
            string.Create(CultureInfo.InvariantCulture, $"{At(timings, .5, t => t.EmbedMs):0.0} + {At(timings, .5, t => t.DenseMs):0.0} + {At(timings, .5, t => t.LexicalMs):0.0}"));
    }

    /// <summary>Sentences of public abstracts, and questions about them.</summary>
    public static async Task<(List<string> Sentences, List<string> Questions)> ReadAsync(string file)
    {
        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        var items = json.RootElement.EnumerateObject().Select(item => item.Value).ToList();
        return (
            [.. items.SelectMany(item => item.GetProperty("CONTEXTS").EnumerateArray()).Select(context => context.GetString()!)
                .SelectMany(text => Sentences.Split(text, 0, text.Length, lineEnds: false).Select(span => text[span.Start..span.End]))],
            [.. items.Select(item => item.GetProperty("QUESTION").GetString()!)]);
    }

    /// <summary>The rooms of data and retrieval over a folder.</summary>
    public static ServiceProvider Rooms(string folder, EmbeddingModel model)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddData(folder);
        services.AddRetrieval(folder);
        services.AddSingleton<IModelHost>(new EmbeddingOnlyHost(model, ScanBenchmark.Dimensions));
        return services.BuildServiceProvider();
    }

    /// <summary>A base of an owner who is made for it, with documents of 2,000 passages each.</summary>
    public static async Task<KnowledgeBase> MakeAsync(ServiceProvider provider, string embedder, int documents, List<string> sentences)
    {
        var prepared = await provider.GetRequiredService<DatabaseStartup>().PrepareAsync(CancellationToken.None);
        if (!prepared.IsSuccess)
        {
            throw new InvalidOperationException(prepared.Error.ToString());
        }

        var owner = StudioUser.Create("owner@example.com", "Owner", DateTimeOffset.UnixEpoch);
        var workspace = (await provider.GetRequiredService<AccountStore>().CreateFirstOwnerAsync(owner, "Benchmark", CancellationToken.None)).Value.Workspace;
        var parent = await provider.GetRequiredService<IKnowledgeStore>().CreateBaseAsync(workspace, "Base", embedder, null, CancellationToken.None);
        await FillAsync(provider, workspace, parent.Id, documents, sentences);
        return parent;
    }

    /// <summary>Passages of four sentences each from public abstracts; vectors of random directions, which a scan cannot tell from others.</summary>
    private static async Task FillAsync(ServiceProvider provider, WorkspaceId workspace, KnowledgeBaseId parent, int documents, List<string> sentences)
    {
        var random = new Random(3);
        var knowledge = provider.GetRequiredService<IKnowledgeStore>();
        var store = provider.GetRequiredService<IPassageStore>();
        var index = provider.GetRequiredService<PassageIndex>();
        for (var i = 0; i < documents; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"abstracts {i}.txt");
            var document = (await knowledge.AddDocumentAsync(
                workspace, parent, new NewDocument(name, "text/plain", 1, name, null), CancellationToken.None))!;
            var passages = Enumerable.Range(0, PassagesPerDocument).Select(ordinal => BenchmarkIndex.Passage(
                document.Id, ordinal, string.Join(' ', Enumerable.Range(0, 4).Select(_ => sentences[random.Next(sentences.Count)])))).ToList();
            await store.ReplacePassagesAsync(document.Id, passages, CancellationToken.None);
            await index.StageAsync(
                parent,
                [.. passages.Select(passage => (passage, (ReadOnlyMemory<float>)ScanBenchmark.Unit(ScanBenchmark.Noise(random, 1))))],
                CancellationToken.None);
            await index.PublishAsync(document, passages, CancellationToken.None);
            await store.EnterAsync(document.Id, DocumentState.Indexed, CancellationToken.None);
        }
    }

    private static double At(List<SearchTimings> timings, double quantile, Func<SearchTimings, double> part)
    {
        var values = timings.Select(part).Order().ToList();
        return values[(int)(values.Count * quantile)];
    }
}
