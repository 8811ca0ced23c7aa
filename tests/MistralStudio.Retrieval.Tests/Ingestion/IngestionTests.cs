using System.Text;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Ingestion;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Retrieval.Tests.Ingestion;

public sealed class IngestionTests
{
    private static readonly string s_report = string.Join("\n\n", Enumerable.Range(1, 60).Select(i =>
        $"Paragraph {i} tells of product{i} and its {i * 7} customers in region{i % 5}. The team of product{i} grew by {i} people. " +
        $"Its warranty lasts {i} months, and returns of product{i} go to warehouse{i % 3}."));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Document_PassesItsStatesInOrder_AndIsFound()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();

        var document = await room.IngestAsync(parent, "report.txt", s_report);

        Assert.Equal(DocumentState.Indexed, document.State);
        Assert.Equal(
            [DocumentState.Parsing, DocumentState.Splitting, DocumentState.Embedding, DocumentState.Indexing, DocumentState.Indexed],
            room.Store.Entered.Select(entered => entered.State));
        var hit = (await room.FindAsync(parent, "How long is the warranty of product17?")).Hits[0];
        Assert.Contains("product17", hit.Text, StringComparison.Ordinal);
        Assert.Equal(s_report[hit.Start..hit.End], hit.Text);
        Assert.InRange(hit.Score, 0, 1);
        Assert.NotNull(hit.Lexical);
    }

    [Fact]
    public async Task Ingestion_GoesOn_WhateverCommitItDiedBefore()
    {
        for (var crash = 1; ; crash++)
        {
            using var room = new RetrievalRoom(runs: false, options => options.EmbeddingBatch = 4);
            var parent = await room.CreateBaseAsync();
            var document = await room.AddAsync(parent, "report.txt", s_report);
            var steps = 0;
            void Step()
            {
                if (++steps == crash)
                {
                    throw new IOException("The process died here.");
                }
            }

            room.Store.BeforeCommit = _ => Step();
            room.Embedder.BeforeBatch = Step;
            var died = await Record.ExceptionAsync(() => room.ExecuteAsync(document.Id)) is IOException;
            room.Restart();
            room.Store.BeforeCommit = null;
            room.Embedder.BeforeBatch = null;
            await room.ExecuteAsync(document.Id);

            var passages = await room.Store.ReadPassagesAsync(document.Id, Cancellation);
            Assert.Equal(DocumentState.Indexed, (await room.Store.FindAsync(document.Id, Cancellation))!.State);
            Assert.Equal(passages.Select(p => p.ContentHash).Distinct().Count(), room.Embedder.Texts);
            Assert.Equal(
                passages.Select(p => p.Id).OrderBy(id => id.Value),
                (await room.FindAsync(parent, "product", SearchMode.Dense, 100)).Hits.Select(hit => hit.PassageId).OrderBy(id => id.Value));
            if (!died)
            {
                Assert.InRange(crash, 8, 200);
                return;
            }
        }
    }

    [Fact]
    public async Task DeletedDocument_IsNotFound_AndLeavesNothing()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        var kept = await room.IngestAsync(parent, "kept.txt", "The orchard grows apples.");
        var document = await room.IngestAsync(parent, "gone.txt", s_report);
        Assert.NotEmpty((await room.FindAsync(parent, "product17")).Hits);

        await room.Intake.DeleteAsync(room.Workspace, parent, document.Id, null, Cancellation);

        Assert.All((await room.FindAsync(parent, "product17")).Hits, hit => Assert.Equal(kept.Id, hit.DocumentId));
        await room.Work.IdleAsync();
        Assert.Null(await room.Store.FindAsync(document.Id, Cancellation));
        Assert.Equal(1, room.Blobs.Count);
        Assert.Equal([kept.Id], room.Get<PassageIndex>().Documents().Keys);
    }

    [Fact]
    public async Task Deletion_GoesOn_AfterAStart()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        var document = await room.IngestAsync(parent, "gone.txt", s_report);
        room.Work.Executor = null;
        await room.Intake.DeleteAsync(room.Workspace, parent, document.Id, null, Cancellation);
        room.Restart();

        Assert.Equal([document.Id], await room.Store.ListUnfinishedAsync(Cancellation));
        await room.ExecuteAsync(document.Id);

        Assert.Null(await room.Store.FindAsync(document.Id, Cancellation));
        Assert.Equal(0, room.Blobs.Count);
    }

    [Fact]
    public async Task Cancel_StopsTheIngestion_AndRetryFinishesIt()
    {
        using var room = new RetrievalRoom(configure: options => options.EmbeddingBatch = 1);
        var parent = await room.CreateBaseAsync();
        var embedding = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        room.Embedder.BeforeBatch = () =>
        {
            embedding.TrySetResult();
            release.Wait(TimeSpan.FromSeconds(20), Cancellation);
        };
        var document = await room.AddAsync(parent, "report.txt", s_report);
        await embedding.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        var cancelling = room.Intake.CancelAsync(room.Workspace, parent, document.Id, Cancellation);
        release.Set();

        Assert.Equal(DocumentState.Cancelled, (await cancelling).Value.State);
        await room.Work.IdleAsync();
        Assert.Empty((await room.FindAsync(parent, "product17")).Hits);
        await room.Intake.RetryAsync(room.Workspace, parent, document.Id, Cancellation);
        await room.Work.IdleAsync();
        Assert.Equal(DocumentState.Indexed, (await room.Store.FindAsync(document.Id, Cancellation))!.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LostOrDamagedIndex_IsBuiltAgain(bool damaged)
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "report.txt", s_report);
        var before = new List<IReadOnlyList<SearchHit>>();
        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            before.Add((await room.FindAsync(parent, "product17 warranty", mode, 20)).Hits);
        }

        room.Restart(() =>
        {
            foreach (var path in Directory.EnumerateFiles(Path.GetDirectoryName(room.IndexPath)!))
            {
                File.Delete(path);
            }

            if (damaged)
            {
                File.WriteAllText(room.IndexPath, new string('x', 5000));
            }
        });

        await room.Get<IndexRebuild>().RunAsync(Cancellation);

        static object Measured(SearchHit hit) => (hit.PassageId, hit.Score, hit.Dense, hit.Lexical);

        Assert.Contains("product17", before[0][0].Text, StringComparison.Ordinal);
        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            Assert.Equal(before[(int)mode].Select(Measured), (await room.FindAsync(parent, "product17 warranty", mode, 20)).Hits.Select(Measured));
        }
    }

    [Fact]
    public async Task FailedDocument_SaysWhy_AndOthersGoOn()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();

        var failed = await room.IngestAsync(parent, "virus.pdf", Encoding.Latin1.GetBytes("MZ\u0090\0\u0003\0\0\0"));
        var fine = await room.IngestAsync(parent, "fine.md", "# Fine\n\nAll is well.");

        Assert.Equal(DocumentState.Failed, failed.State);
        Assert.Equal("document.executable", failed.Error?.Code);
        Assert.Equal(DocumentState.Indexed, fine.State);
    }

    [Fact]
    public async Task MissingModel_FailsTheDocument_WithTheModelsError()
    {
        using var room = new RetrievalRoom();
        var parent = (await room.Store.CreateBaseAsync(room.Workspace, "Other", "no-such-model", null, Cancellation)).Id;

        var failed = await room.IngestAsync(parent, "a.txt", "Some text.");

        Assert.Equal(ModelErrors.NotFound("x", []).Code, failed.Error?.Code);
    }

    [Fact]
    public async Task Intake_RefusesWhatItMust_AndKeepsNothing()
    {
        using var room = new RetrievalRoom(configure: options => options.MaxDocumentBytes = 2000);
        var parent = await room.CreateBaseAsync();
        async Task<string?> Code(KnowledgeBaseId id, WorkspaceId workspace, int length)
        {
            using var stream = new MemoryStream(new byte[length]);
            return (await room.Intake.AddAsync(workspace, id, "a.txt", null, stream, null, Cancellation)).Error?.Code;
        }

        Assert.Equal("knowledge.document_too_large", await Code(parent, room.Workspace, 2001));
        Assert.Equal("knowledge.document_empty", await Code(parent, room.Workspace, 0));
        Assert.Equal("knowledge.base_not_found", await Code(parent, WorkspaceId.New(), 10));
        Assert.Equal(0, room.Blobs.Count);
    }

    [Fact]
    public async Task DeletedBase_GoesWithItsDocuments()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "a.txt", "Alpha beta.");
        await room.IngestAsync(parent, "b.txt", "Gamma delta.");

        Assert.True((await room.Intake.DeleteBaseAsync(room.Workspace, parent, null, Cancellation)).IsSuccess);

        Assert.Null(await room.Store.FindBaseAsync(room.Workspace, parent, Cancellation));
        Assert.Equal(0, room.Blobs.Count);
        Assert.Empty(room.Get<PassageIndex>().Documents());
    }

    [Fact]
    public async Task RealFiling_IsIngested_WithItsPages()
    {
        var path = SharedData.Require("data", "pdfs", "COSTCO_2023_8K_dated-2023-08-16.pdf");
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();

        var document = await room.IngestAsync(parent, "costco.pdf", await File.ReadAllBytesAsync(path, Cancellation));

        Assert.Equal(DocumentState.Indexed, document.State);
        Assert.True(document.Pages > 0);
        var hit = (await room.FindAsync(parent, "Costco Wholesale Corporation current report", limit: 1)).Hits[0];
        Assert.NotNull(hit.Page);
        var text = await room.Store.ReadTextAsync(document.Id, Cancellation);
        Assert.Equal(text!.Text[hit.Start..hit.End], hit.Text);
    }
}
