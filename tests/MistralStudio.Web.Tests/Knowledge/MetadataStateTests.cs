using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class MetadataStateTests : IDocumentMetadata
{
    private readonly InMemoryKnowledge _store = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fields_AreReadAsTheyAreWritten_AndUntouchedOnesStayWhatTheyWere()
    {
        var document = await DocumentAsync(("code", MetadataValue.Of("2026-01-31")));
        var state = State(document);
        Assert.False(state.IsChanged);
        state.Add();
        Assert.False(state.IsChanged);
        (state.Fields[^1].Name, state.Fields[^1].Text) = (" year ", "2026");
        state.Add();
        (state.Fields[^1].Name, state.Fields[^1].Text) = ("signed", "2026-01-31");
        Assert.True(state.IsChanged);

        var saved = (await state.SaveAsync(Token))!;

        Assert.Equal(
            [("code", MetadataType.Text), ("signed", MetadataType.Date), ("year", MetadataType.Number)],
            saved.Metadata.Select(field => (field.Key, field.Value.Type)).OrderBy(field => field.Key, StringComparer.Ordinal));
        Assert.False(state.IsChanged);
        state.Remove(state.Fields[0]);
        Assert.True(state.IsChanged);
    }

    [Fact]
    public async Task WhoWasSlower_IsTold_AndKeepsWhatWasTyped()
    {
        var document = await DocumentAsync();
        var (first, second) = (State(document), State(document));
        Type(first, "team", "sales");
        await first.SaveAsync(Token);
        Type(second, "team", "legal");

        Assert.Null(await second.SaveAsync(Token));

        Assert.Equal(("knowledge.metadata_conflict", "legal"), (second.Error!.Code, second.Fields[0].Text));
        await second.ReadAgainAsync(Token);
        Assert.Equal((null, "sales"), (second.Error, second.Fields[0].Text));
    }

    [Theory]
    [InlineData("", "value", "knowledge.field_unnamed")]
    [InlineData("team", "value", "knowledge.field_twice")]
    public async Task NamesThatAreNone_AreRefused(string name, string value, string code)
    {
        var state = State(await DocumentAsync(("team", MetadataValue.Of("sales"))));
        Type(state, name, value);

        Assert.Null(await state.SaveAsync(Token));
        Assert.Equal(code, state.Error!.Code);
    }

    public async Task<Result<KnowledgeDocument>> DescribeAsync(
        WorkspaceId workspace, KnowledgeBaseId id, DocumentId document, IReadOnlyDictionary<string, MetadataValue> metadata, int wasVersion,
        CancellationToken cancellationToken) =>
        await _store.DescribeDocumentAsync(workspace, id, document, metadata, wasVersion, cancellationToken) is { } described
            ? described
            : KnowledgeErrors.MetadataConflict();

    private static void Type(MetadataState state, string name, string text)
    {
        state.Add();
        (state.Fields[^1].Name, state.Fields[^1].Text) = (name, text);
    }

    private MetadataState State(KnowledgeDocument document) => new(this, _store, new Caller(_workspace, UserId.New(), RolePermissions.Of(Role.Builder)), document);

    private async Task<KnowledgeDocument> DocumentAsync(params (string Field, MetadataValue Value)[] metadata)
    {
        var id = (await _store.CreateBaseAsync(_workspace, "Fruit", "m", null, Token)).Id;
        var document = (await _store.AddDocumentAsync(_workspace, id, new("pears.txt", "text/plain", 1, new string('0', 64), null), Token))!;
        return (await _store.DescribeDocumentAsync(_workspace, id, document.Id, metadata.ToDictionary(field => field.Field, field => field.Value), 0, Token))!;
    }
}
