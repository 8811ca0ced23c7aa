using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Tests;

public abstract class JudgmentStoreTests(DataFixture data)
{
    private readonly IJudgmentStore _judgments = data.Get<IJudgmentStore>();
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();
    private readonly IPassageStore _passages = data.Get<IPassageStore>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task AJudgment_IsKept_Changed_AndTakenBack()
    {
        var (id, passages) = await BaseAsync(2);
        Assert.True(await JudgeAsync(id, " Who is the issuer? ", passages[0], Relevance.Yes));
        Assert.True(await JudgeAsync(id, "Who is the issuer?", passages[1], Relevance.No));
        Assert.True(await JudgeAsync(id, "Who is the issuer?", passages[0], Relevance.Partly));
        var judged = Assert.Single(await _judgments.ListAsync(Workspace, id, Token));
        Assert.Equal("Who is the issuer?", judged.Question);
        Assert.Equal(
            [(passages[0], Relevance.Partly), (passages[1], Relevance.No)],
            judged.Judgments.Select(judgment => (judgment.Passage, judgment.Relevance)).OrderByDescending(judgment => judgment.Relevance));

        Assert.True(await JudgeAsync(id, "Who is the issuer?", passages[0], null));
        Assert.False(Assert.Single(await _judgments.ListAsync(Workspace, id, Token)).IsMeasurable);
        Assert.True(await _judgments.RemoveAsync(Workspace, id, "Who is the issuer?", Token));
        Assert.False(await _judgments.RemoveAsync(Workspace, id, "Who is the issuer?", Token));
    }

    [Fact]
    public async Task AJudgment_StaysInItsWorkspaceAndBase()
    {
        var (id, passages) = await BaseAsync(1);
        var (other, _) = await BaseAsync(1);
        Assert.False(await _judgments.JudgeAsync(WorkspaceId.New(), id, "Q", passages[0], Relevance.Yes, null, Token));
        Assert.False(await JudgeAsync(other, "Q", passages[0], Relevance.Yes));
        Assert.False(await JudgeAsync(id, "  ", passages[0], Relevance.Yes));
        Assert.True(await JudgeAsync(id, "Q", passages[0], Relevance.Yes));
        Assert.Empty(await _judgments.ListAsync(WorkspaceId.New(), id, Token));
        Assert.False(await _judgments.RemoveAsync(WorkspaceId.New(), id, "Q", Token));
    }

    private Task<bool> JudgeAsync(KnowledgeBaseId id, string question, PassageId passage, Relevance? relevance) =>
        _judgments.JudgeAsync(Workspace, id, question, passage, relevance, data.Owner.User, Token);

    private async Task<(KnowledgeBaseId Id, IReadOnlyList<PassageId> Passages)> BaseAsync(int count)
    {
        var knowledge = await _knowledge.CreateBaseAsync(Workspace, "Judged", "minilm", data.Owner.User, Token);
        var document = await _knowledge.AddDocumentAsync(
            Workspace, knowledge.Id, new NewDocument("a.md", "text/markdown", 10, Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N"), data.Owner.User), Token);
        List<Passage> passages = [.. Enumerable.Range(0, count).Select(i => new Passage(new PassageId(Guid.NewGuid()), document!.Id, i, $"Passage {i}.", 1, i * 10, (i * 10) + 10, null, new string('0', 64)))];
        await _passages.ReplacePassagesAsync(document!.Id, passages, Token);
        return (knowledge.Id, [.. passages.Select(passage => passage.Id)]);
    }

    public sealed class OnSqlite(SqliteData data) : JudgmentStoreTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : JudgmentStoreTests(data.OrSkip()), IClassFixture<PostgresData>;
}
