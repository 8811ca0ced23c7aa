using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Data.Tests;

public abstract class KnowledgeStatesTests(DataFixture data)
{
    private readonly IKnowledgeStore _knowledge = data.Get<IKnowledgeStore>();
    private readonly IPassageStore _passages = data.Get<IPassageStore>();
    private readonly IKnowledgeStates _states = data.Get<IKnowledgeStates>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private WorkspaceId Workspace => data.Owner.Workspace;

    [Fact]
    public async Task TheBasesOfDocuments_AreFound_InTheirWorkspaceAlone()
    {
        var (first, second) = (await BaseAsync(), await BaseAsync());
        var (a, b, c) = (await DocumentAsync(first, "a"), await DocumentAsync(first, "b"), await DocumentAsync(second, "c"));

        Assert.Equal([first], await _states.ListBasesOfAsync(Workspace, [a, b, DocumentId.New()], Token));
        Assert.Equal(new[] { first, second }.ToHashSet(), (await _states.ListBasesOfAsync(Workspace, [a, c], Token)).ToHashSet());
        Assert.Empty(await _states.ListBasesOfAsync(DataFixture.Elsewhere(), [a, b, c], Token));
        Assert.Empty(await _states.ListBasesOfAsync(Workspace, [], Token));

        DocumentId[] many = [.. Enumerable.Range(0, 1_200).Select(_ => DocumentId.New()), c];
        Assert.Equal([second], await _states.ListBasesOfAsync(Workspace, many, Token));
    }

    [Fact]
    public async Task TheDocumentsOfAFile_AreFoundByItsContent_InTheirWorkspaceAlone()
    {
        var sha256 = Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N");
        var document = await DocumentAsync(await BaseAsync(), "a", sha256);

        Assert.Equal([document], await _states.ListDocumentsOfAsync(Workspace, sha256, Token));
        Assert.Empty(await _states.ListDocumentsOfAsync(DataFixture.Elsewhere(), sha256, Token));
        Assert.Empty(await _states.ListDocumentsOfAsync(Workspace, new string('f', 64), Token));
    }

    [Fact]
    public async Task TheNameOfAState_ChangesWithEverythingThatASearchDependsOn()
    {
        var id = await BaseAsync();
        var other = await BaseAsync();
        var names = new List<string> { await NameAsync(id) };

        var document = await DocumentAsync(id, "a");
        names.Add(await NameAsync(id));
        await _passages.SaveTextAsync(document, new ExtractedText("Words.", [], []), Token);
        names.Add(await NameAsync(id));
        await _passages.EnterAsync(document, DocumentState.Indexed, Token);
        names.Add(await NameAsync(id));
        await _knowledge.DescribeDocumentAsync(Workspace, id, document, new Dictionary<string, MetadataValue> { ["year"] = MetadataValue.Of(2026) }, 0, Token);
        names.Add(await NameAsync(id));
        await _knowledge.ChangeSettingsAsync(Workspace, id, new KnowledgeSettings(), 0, Token);
        names.Add(await NameAsync(id));
        names.Add(await _states.NameAsync(Workspace, [id, other], Token));

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Equal(names[^2], await NameAsync(id));
        await DocumentAsync(other, "elsewhere");
        Assert.Equal(names[^2], await NameAsync(id));
    }

    private Task<string> NameAsync(KnowledgeBaseId id) => _states.NameAsync(Workspace, [id], Token);

    private async Task<KnowledgeBaseId> BaseAsync() => (await _knowledge.CreateBaseAsync(Workspace, "States", "minilm", data.Owner.User, Token)).Id;

    private async Task<DocumentId> DocumentAsync(KnowledgeBaseId id, string name, string? sha256 = null) =>
        (await _knowledge.AddDocumentAsync(Workspace, id, new NewDocument(name, "text/plain", 10, sha256 ?? new string('a', 64), null), Token))!.Id;

    public sealed class OnSqlite(SqliteData data) : KnowledgeStatesTests(data), IClassFixture<SqliteData>;

    public sealed class OnPostgres(PostgresData data) : KnowledgeStatesTests(data.OrSkip()), IClassFixture<PostgresData>;
}
