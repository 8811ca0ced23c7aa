using Bunit;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Retrieval;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

/// <summary>The page that files and folders are dropped on; what a dropped folder gives is the script's, and tested beside it.</summary>
public sealed class DocumentsTabTests : BunitContext
{
    private readonly InMemoryKnowledge _store = new();
    private readonly RecordingIntake _intake;

    public DocumentsTabTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton<AntiforgeryStateProvider>(new OneToken());
        Services.AddSingleton(Options.Create(new AntiforgeryOptions()));
        Services.AddSingleton(Options.Create(new KnowledgeOptions { MaxDocumentBytes = 1 << 20 }));
        Services.AddSingleton<IKnowledgeSources>(new NoSources());
        Services.AddSingleton(TimeProvider.System);
        JSInterop.Mode = JSRuntimeMode.Loose;
        _intake = new RecordingIntake(_store);
    }

    private static CancellationToken Stop => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADroppedFolder_GoesByHttp_WithAntiforgery_AndEachFileThatArrivesIsShown()
    {
        var upload = JSInterop.SetupModule(call => call.Arguments[0]?.ToString()?.Contains("upload.js", StringComparison.Ordinal) == true);
        upload.Mode = JSRuntimeMode.Loose;
        var (tab, state) = await ShowAsync(Role.Builder);
        Assert.Single(tab.FindAll("[data-choose-folder]"));

        // The script is asked once the page is drawn, and nothing is drawn after that.
        while (upload.Invocations["intake"].Count == 0)
        {
            await Task.Delay(10, Stop);
        }

        var asked = upload.Invocations["intake"][0].Arguments;
        Assert.Equal($"/api/knowledge-bases/{state.Base!.Id}/documents", asked[2]);
        var headers = Assert.IsType<Dictionary<string, string>>(asked[3]);
        Assert.Equal(("contracts", "the token"), (headers["X-Studio-Workspace"], headers["RequestVerificationToken"]));
        Assert.Equal(1L << 20, Convert.ToInt64(asked[4], System.Globalization.CultureInfo.InvariantCulture));

        // Each file of the folder is a request of its own; the page looks when it has arrived.
        foreach (var name in (string[])["a.txt", "deep.md", "deeper.pdf"])
        {
            await _store.AddDocumentAsync(state.Base.Workspace, state.Base.Id, new(name, "text/plain", 1, "", null), Stop);
            await tab.Instance.UploadedAsync();
        }

        // The page around it renders it with each change of the state.
        tab.Render();
        Assert.Equal(["a.txt", "deep.md", "deeper.pdf"], tab.FindAll(".doc-name").Select(name => name.TextContent).Order(StringComparer.Ordinal));
        var refusal = tab.Instance.RefusalOf(2 << 20);
        Assert.Equal(("knowledge.document_too_large", true), (refusal.Code, refusal.Next.Length > 0));
    }

    [Fact]
    public async Task AReader_CanDropNothing()
    {
        var (tab, _) = await ShowAsync(Role.Viewer);
        Assert.Empty(tab.FindAll("[data-choose], [data-choose-folder]"));
    }

    [Fact]
    public async Task AnError_IsSaidOnce_WhileADialogSaysIt()
    {
        var (tab, state) = await ShowAsync(Role.Builder);
        Assert.False(await state.RenameAsync("Reports", "Another name", Stop));
        tab.Render(parameters => parameters.Add(p => p.IsCovered, true));
        Assert.Empty(tab.FindAll("[role=alert]"));
        tab.Render(parameters => parameters.Add(p => p.IsCovered, false));
        Assert.Single(tab.FindAll("[role=alert]"));

        state.ForgetError();
        tab.Render();
        Assert.Empty(tab.FindAll("[role=alert]"));
    }

    private async Task<(IRenderedComponent<DocumentsTab> Tab, KnowledgeBaseState State)> ShowAsync(Role role)
    {
        var scope = Scopes.Of(WorkspaceId.New(), UserId.New(), role);
        var parent = await _store.CreateBaseAsync(scope.Id, "Filings", "minilm", null, Stop);
        var state = new KnowledgeBaseState(_store, _intake, scope.Caller, TimeProvider.System);
        Assert.True(await state.LoadAsync(parent.Id, Stop));
        return (Render<DocumentsTab>(parameters => parameters.AddCascadingValue(scope).Add(p => p.State, state)), state);
    }

    private sealed class OneToken : AntiforgeryStateProvider
    {
        public override AntiforgeryRequestToken? GetAntiforgeryToken() => new("the token", "__RequestVerificationToken");
    }

    private sealed class NoSources : IKnowledgeSources
    {
        public IReadOnlyList<string> AllowedRoots => [];

        public Task<Result<KnowledgeSource>> AddAsync(
            WorkspaceId workspace, KnowledgeBaseId id, SourceSettings settings, UserId? addedBy, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<KnowledgeSource?> FindAsync(WorkspaceId workspace, KnowledgeBaseId id, SourceId source, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Result<KnowledgeSource>> ChangeAsync(
            WorkspaceId workspace, KnowledgeBaseId id, SourceId source, SourceSettings settings, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Result<KnowledgeSource>> SyncAsync(WorkspaceId workspace, KnowledgeBaseId id, SourceId source, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Result<Unit>> RemoveAsync(
            WorkspaceId workspace, KnowledgeBaseId id, SourceId source, bool withDocuments, UserId? removedBy, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<KnowledgeSource>> ListAsync(WorkspaceId workspace, KnowledgeBaseId id, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<KnowledgeSource>>([]);
    }
}
