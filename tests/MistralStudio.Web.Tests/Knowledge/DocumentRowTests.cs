using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Features.Knowledge;

namespace MistralStudio.Web.Tests.Knowledge;

public sealed class DocumentRowTests : BunitContext
{
    public DocumentRowTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
        Services.AddSingleton(TimeProvider.System);
    }

    [Fact]
    public void Row_SaysWhyADocumentFailed_AndWhatToDo()
    {
        var row = Render<DocumentRow>(parameters => parameters.AddCascadingValue(Scopes.Owner)
            .Add(r => r.Document, Document(DocumentState.Failed) with { Error = KnowledgeErrors.DiskFull() }).Add(r => r.MayWrite, true));

        Assert.Contains("The disk that holds the data folder is full.", row.Markup, StringComparison.Ordinal);
        Assert.Contains("Try again", row.Markup, StringComparison.Ordinal);
        Assert.Single(row.FindAll(".stages .e"));
    }

    [Fact]
    public void Row_ShowsTheStageAndItsShare_WhileVectorsAreMade()
    {
        var row = Render<DocumentRow>(parameters => parameters.AddCascadingValue(Scopes.Owner)
            .Add(r => r.Document, Document(DocumentState.Embedding) with { Progress = 0.25, Passages = 200 }));

        Assert.Contains("Embedding 25 %", row.Markup, StringComparison.Ordinal);
        Assert.Contains("50 of 200", row.Markup, StringComparison.Ordinal);
        Assert.Equal(3, row.FindAll(".stages .f").Count);
        Assert.Single(row.FindAll(".stages .l"));
    }

    [Fact]
    public void Row_SaysWhatWasLeftOut_AndWhichDocumentSaysTheSame()
    {
        var row = Render<DocumentRow>(parameters => parameters.AddCascadingValue(Scopes.Owner).Add(
            r => r.Document, Document(DocumentState.Indexed) with { Notes = new([new("document.pages_without_text", "No text on pages 3-7.")]), DuplicateOf = "first.pdf" }));

        Assert.Contains("No text on pages 3-7.", row.Markup, StringComparison.Ordinal);
        Assert.Contains("first.pdf", row.Find(".chip").GetAttribute("title"), StringComparison.Ordinal);
    }

    [Fact]
    public void Row_OffersNothingToChange_WhenTheRoleOnlyReads()
    {
        var row = Render<DocumentRow>(parameters => parameters.AddCascadingValue(Scopes.Owner).Add(r => r.Document, Document(DocumentState.Indexed)));

        Assert.Empty(row.FindAll("button"));
        Assert.Contains("Ready", row.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Row_ShowsANameAsText_WhenItLooksLikeMarkup()
    {
        var row = Render<DocumentRow>(parameters => parameters.AddCascadingValue(Scopes.Owner).Add(r => r.Document, Document(DocumentState.Indexed) with { Name = "<img src=x onerror=alert(1)>.pdf" }));

        Assert.Empty(row.FindAll("img"));
    }

    private static KnowledgeDocument Document(DocumentState state) => new(
        DocumentId.New(), KnowledgeBaseId.New(), WorkspaceId.New(), "a.pdf", "application/pdf", 1000, "", state, 0, 3, 12, null,
        DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
}
