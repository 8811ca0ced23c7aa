using System.Text;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests;

/// <summary>Documents come in, are asked, and answers show what they rest on.</summary>
[Collection(TeamStudioCollection.Name)]
public sealed class KnowledgeTests(TeamStudio studio) : BrowserTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DroppedPdfs_ShowTheirStatesWithProgress_UntilTheyAreReady()
    {
        List<(string Name, byte[] Bytes)> pdfs = [];
        foreach (var name in new[] { "INTEL_2022Q4_EARNINGS.pdf", "EBAY_2023Q2_8K.pdf" })
        {
            pdfs.Add((name, await File.ReadAllBytesAsync(SharedData.Require("data", "pdfs", name), Cancelled)));
        }

        // Long enough that no machine is through between two looks of the page.
        pdfs.Add(("ledger.pdf", TestPdf.Write([.. Enumerable.Range(1, 400).Select(page => string.Join('\n', Enumerable.Range(1, 10).Select(line => $"On day {page} entry {line} of the ledger says that {page * line} crates left the yard.")))])));

        var page = await studio.OwnerAsync();
        await studio.MakeBaseAsync(page, "Earnings");
        // What the page showed between two looks of the test counts as well.
        await page.EvaluateAsync(
            """
            () => {
                window.seen = { states: [], shares: [] };
                new MutationObserver(() => {
                    document.querySelectorAll('tbody .stages + span').forEach(state => seen.states.push(state.textContent));
                    document.querySelectorAll('[role=progressbar]').forEach(bar => seen.shares.push(+bar.getAttribute('aria-valuenow')));
                }).observe(document.querySelector('.drop'), { subtree: true, childList: true, characterData: true, attributes: true });
            }
            """);

        await TeamStudio.DropAsync(page, [.. pdfs]);
        foreach (var (name, _) in pdfs)
        {
            await TeamStudio.Row(page, name).GetByText("Ready").WaitForAsync();
        }

        var states = await page.EvaluateAsync<string[]>("() => seen.states");
        var shares = await page.EvaluateAsync<int[]>("() => seen.shares");
        Assert.Contains(states, state => state.StartsWith("Reading", StringComparison.Ordinal) || state.StartsWith("Embedding", StringComparison.Ordinal));
        Assert.Contains(shares, share => share is > 0 and < 100);
    }

    [Fact]
    public async Task AQuestion_GetsAStreamedAnswer_WhoseCitationOpensThePassageWithItsPage()
    {
        var page = await studio.OpenAsync($"knowledge/{await studio.FilingsAsync()}?tab=ask");
        await page.Locator("[data-ready]").WaitForAsync();
        await page.EvaluateAsync(
            """
            () => {
                window.lengths = [];
                new MutationObserver(() => {
                    const live = document.querySelector('.read.live[data-answer]');
                    if (live) lengths.push(live.textContent.length);
                }).observe(document.querySelector('.turns'), { subtree: true, childList: true, characterData: true });
            }
            """);

        await TeamStudio.AskUntilCitedAsync(page);
        var lengths = await page.EvaluateAsync<int[]>("() => lengths");
        Assert.True(lengths.Distinct().Count() > 3, $"The answer came in {lengths.Distinct().Count()} pieces.");

        var source = await TeamStudio.OpenCitationAsync(page);
        Assert.Contains("AMCOR_2022_8K_2022-07-01.pdf", source, StringComparison.Ordinal);

        // The page itself, as it looks, with the words marked on it.
        var document = await page.Context.RunAndWaitForPageAsync(() => page.Locator(".sources li.open a").ClickAsync());
        await document.Locator(".paper[data-drawn] .quote").First.WaitForAsync();
        Assert.True(await document.Locator(".paper[data-drawn] .quote").First.EvaluateAsync<bool>(
            "mark => (box => box.top >= 0 && box.bottom <= innerHeight && box.width > 40)(mark.getBoundingClientRect())"));
        Assert.Equal("true", await document.Locator(".passages li.open a").GetAttributeAsync("aria-current"));
    }

    [Fact]
    public async Task AQuestionThatNothingSupports_SaysSo()
    {
        var page = await studio.OwnerAsync();
        var id = await studio.MakeBaseAsync(page, "House rules");
        await TeamStudio.DropAsync(page, ("rules.md", Encoding.UTF8.GetBytes("# Visitors\n\nVisitors sign the register at reception and wear a badge.")));
        await TeamStudio.Row(page, "rules.md").GetByText("Ready").WaitForAsync();

        await studio.GoAsync(page, $"knowledge/{id}?tab=ask");
        await TeamStudio.AskAsync(page, "How do I bake a sourdough bread at home?");
        await page.GetByText("No sentence of this answer could be tied to a passage").WaitForAsync();
        Assert.Equal(0, await page.Locator(".cite").CountAsync());
    }

    [Fact]
    public async Task AnEmptyBase_SaysThatThereIsNothingToAnswerFrom()
    {
        var page = await studio.OwnerAsync();
        var id = await studio.MakeBaseAsync(page, "Nothing yet");
        await page.GetByText("Drop files and folders here").WaitForAsync();

        await studio.GoAsync(page, $"knowledge/{id}?tab=ask");
        await TeamStudio.AskAsync(page, "Which law governs?");
        await page.GetByText("Nothing in these documents answers this").WaitForAsync();
    }

    [Fact]
    public async Task BadDocuments_EachSayWhyAndWhatNext_AndFailAlone()
    {
        (string Name, byte[] Bytes, string Says, string Next)[] bad =
        [
            ("locked.pdf", TestPdf.Encrypted(), "This PDF is encrypted", "Save a copy without a password"),
            // With or without a program here that recognises text: there is none on these pages.
            ("scanned.pdf", TestPdf.Write("", "", ""), "its 3 pages", "add the result"),
            ("broken.pdf", TestPdf.Write("cut")[..120], "This PDF is damaged", "save or print it to a new PDF"),
            ("report.pdf", [.. "MZ"u8, .. new byte[600]], "This file is a program, whatever its name says.", "Add documents only"),
        ];
        var page = await studio.OwnerAsync();
        await studio.MakeBaseAsync(page, "Bad days");
        List<string> sent = [];
        page.Request += (_, request) => sent.Add(request.Method == "POST" ? request.Url : "");

        await TeamStudio.DropAsync(page,
        [
            .. bad.Select(file => (file.Name, file.Bytes)),
            ("good.md", Encoding.UTF8.GetBytes("# Terms\n\nThe notice period is thirty days.")),
            ("large.txt", new byte[TeamStudio.MaxDocumentBytes + 1]),
        ]);

        await TeamStudio.Row(page, "good.md").GetByText("Ready").WaitForAsync();
        foreach (var (name, _, says, next) in bad)
        {
            await TeamStudio.Row(page, name).GetByText("Failed").WaitForAsync();
            var why = await page.Locator("tr.why").Filter(new() { HasText = says }).InnerTextAsync();
            Assert.Contains(next, why, StringComparison.Ordinal);
        }

        var refused = page.Locator(".uploads .bad");
        Assert.Contains("the limit is 2 MB", await refused.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("Split it", await refused.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(bad.Length + 1, sent.Count(url => url.EndsWith("/documents", StringComparison.Ordinal)));
        await refused.GetByRole(AriaRole.Button).ClickAsync();
        Assert.Equal(0, await refused.CountAsync());
    }

    [Fact]
    public async Task ManyDocuments_AreReadPageByPage_AndFoundByName()
    {
        var page = await studio.OwnerAsync();
        await studio.MakeBaseAsync(page, "Many notes");
        await TeamStudio.DropAsync(page, [.. Enumerable.Range(1, 120).Select(i => ($"note {i:000}.txt", Encoding.UTF8.GetBytes($"Item {i} costs {i * 7} euros.")))]);
        await page.GetByText("1–50 of 120").WaitForAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await page.GetByText("51–100 of 120").WaitForAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("note 042");
        await TeamStudio.Row(page, "note 042.txt").WaitForAsync();
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Searchbox).FillAsync("nothing like it");
        await page.GetByText("Nothing is called “nothing like it”").WaitForAsync();
    }
}
