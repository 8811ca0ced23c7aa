using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Search;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class RepeatedPassagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatSeveralDocumentsSay_IsShownOnce_AndNamesTheOthers()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        var same = new List<KnowledgeDocument>();
        for (var copy = 0; copy < 25; copy++)
        {
            same.Add(await room.IngestAsync(parent, $"copy {copy}.txt", "Pears ripen in the cellar of the house."));
        }

        var other = await room.IngestAsync(parent, "other.txt", "Pears are sold at the market.");

        foreach (var settings in new SearchSettings[] { new() { Limit = 3 }, new() { Limit = 3, Diversity = .3 }, new() { Limit = 3, Mode = SearchMode.Lexical } })
        {
            var found = (await room.Search.SearchAsync(new(room.Workspace, [parent], "Where do pears ripen?") { Settings = settings }, Cancellation)).Value;

            Assert.Equal(2, found.Hits.Count);
            Assert.Contains(found.Hits[0].DocumentId, same.Select(document => document.Id));
            Assert.Equal(24, found.Hits[0].Twins.Count);
            Assert.DoesNotContain(found.Hits[0].Twins, twin => twin.PassageId == found.Hits[0].PassageId);
            Assert.Equal((other.Id, 0), (found.Hits[1].DocumentId, found.Hits[1].Twins.Count));
        }
    }

    [Fact]
    public async Task ARepeatedPassage_IsExplained_AndCountsAsTheOneThatWasJudged()
    {
        using var room = new RetrievalRoom();
        var parent = await room.CreateBaseAsync();
        await room.IngestAsync(parent, "one.txt", "Pears ripen in the cellar.");
        await room.IngestAsync(parent, "two.txt", "Pears ripen in the cellar.");
        var shown = Assert.Single((await room.FindAsync(parent, "pears ripen")).Hits);
        var hidden = Assert.Single(shown.Twins);

        var found = (await room.Search.SearchAsync(new(room.Workspace, [parent], "pears ripen") { Explain = [hidden.PassageId, shown.PassageId] }, Cancellation)).Value;

        Assert.Equal([AbsenceReason.Repeated, AbsenceReason.Found], found.Standings.Select(standing => standing.Reason));
        var runs = new RecordedRuns();
        var judged = new JudgedQuestion("pears ripen", [new(hidden.PassageId, Relevance.Yes)], DateTimeOffset.UnixEpoch);
        var report = (await new QualityMeter(room.Search, room.Store, new OneJudgment(judged), runs).MeasureAsync(room.Workspace, parent, null, Cancellation)).Value;
        Assert.Equal(1, Assert.Single(report.Questions).FirstRank);

        // The base as it is set up is kept with what tells its settings apart, and what is only tried is not.
        var meter = new QualityMeter(room.Search, room.Store, new OneJudgment(judged), runs);
        await meter.MeasureAsync(room.Workspace, parent, new SearchSettings { Mode = SearchMode.Lexical }, Cancellation);
        Assert.Equal(1, Assert.Single(runs.Kept).Mean.Questions);
        await room.Store.ChangeSettingsAsync(room.Workspace, parent, new() { Search = new() { Mode = SearchMode.Lexical } }, 0, Cancellation);
        await meter.MeasureAsync(room.Workspace, parent, null, Cancellation);
        Assert.NotEqual(runs.Kept[0].Settings, runs.Kept[1].Settings);
    }

    private sealed class RecordedRuns : IQualityRuns
    {
        public List<QualityRun> Kept { get; } = [];

        public Task AddAsync(WorkspaceId workspace, KnowledgeBaseId id, RankingQuality mean, string settings, CancellationToken cancellationToken)
        {
            Kept.Add(new(DateTimeOffset.UnixEpoch, mean, settings));
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<QualityRun>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<QualityRun>>(Kept);
    }

    private sealed class OneJudgment(JudgedQuestion judged) : IJudgmentStore
    {
        public Task<bool> JudgeAsync(
            WorkspaceId workspace, KnowledgeBaseId id, string question, PassageId passage, Relevance? relevance, UserId? by, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<JudgedQuestion>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<JudgedQuestion>>([judged]);

        public Task<bool> RemoveAsync(WorkspaceId workspace, KnowledgeBaseId id, string question, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
