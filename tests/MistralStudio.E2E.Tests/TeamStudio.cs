using System.Text.RegularExpressions;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests;

/// <summary>Tests that share one server, one browser and one knowledge base; they run one after another and leave each other's things alone.</summary>
[CollectionDefinition(Name)]
public sealed class TeamStudioCollection : ICollectionFixture<TeamStudio>
{
    public const string Name = "team studio";
}

/// <summary>One real server with an owner, and one Chromium.</summary>
public sealed partial class TeamStudio : IAsyncLifetime
{
    /// <summary>What a file may have here, bytes: more than the real documents, less than what is worth writing to test the limit.</summary>
    public const int MaxDocumentBytes = 2 << 20;

    /// <summary>The address part of the workspace.</summary>
    public const string Workspace = "w/contracts";

    /// <summary>The first question of <see cref="AskUntilCitedAsync"/>.</summary>
    public const string FirstQuestion = "What does the Substitute Issuer assume?";

    private const string Password = "correct horse battery";

    private static readonly string[] s_questions =
    [
        FirstQuestion,
        "Who is the Substitute Issuer?",
        "Which law governs the supplemental indenture?",
        "Quote the sentence about the laws of the State of New York.",
    ];

    private readonly BrowserFixture _browser = new();
    private StudioProcess? _studio;
    private string? _owner;
    private Task<string>? _filings;

    /// <summary>The server.</summary>
    public StudioProcess Studio => _studio!;

    /// <summary>The address of a page of the workspace.</summary>
    public string Url(string page) => $"{Studio.Url}{Workspace}/{page}";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await _browser.InitializeAsync();
        _studio = await StudioProcess.StartAsync(null, null, ("Knowledge__MaxDocumentBytes", $"{MaxDocumentBytes}"));
        var page = await NobodyAsync();
        await page.GotoAsync(Studio.SetupUrl!.ToString());
        await page.FillAsync("[name=Email]", "owner@example.com");
        await page.FillAsync("[name=DisplayName]", "Ada Owner");
        await page.FillAsync("[name=Password]", Password);
        await page.FillAsync("[name=Workspace]", "Contracts");
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync($"/{Workspace}");
        _owner = await page.Context.StorageStateAsync();
        await page.Context.CloseAsync();
    }

    /// <summary>A page of somebody who is not signed in, in a browser of their own.</summary>
    public Task<IPage> NobodyAsync(bool phone = false, ColorScheme theme = ColorScheme.Light) => PageAsync(null, phone, theme);

    /// <summary>A page of the owner, in a browser of their own.</summary>
    public Task<IPage> OwnerAsync(bool phone = false, ColorScheme theme = ColorScheme.Light) => PageAsync(_owner, phone, theme);

    /// <summary>Opens a page of the workspace as the owner and waits until it answers.</summary>
    public async Task<IPage> OpenAsync(string page, bool phone = false, ColorScheme theme = ColorScheme.Light)
    {
        var opened = await OwnerAsync(phone, theme);
        await GoAsync(opened, page);
        return opened;
    }

    /// <summary>Goes to a page of the workspace and waits until it answers.</summary>
    public async Task GoAsync(IPage page, string to)
    {
        await page.GotoAsync(Url(to));
        await page.Locator("[data-live]").WaitForAsync();
    }

    /// <summary>Makes an invite in the browser; its link.</summary>
    public async Task<string> InviteAsync(string role)
    {
        var page = await OpenAsync("settings/members");
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        await page.Locator("dialog[open] select").SelectOptionAsync(role);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make link" }).ClickAsync();
        var link = await page.GetByTestId("invite-link").InnerTextAsync();
        await page.Context.CloseAsync();
        return link;
    }

    /// <summary>Lets a new person join by an invite, in a browser of their own.</summary>
    public async Task<IPage> JoinAsync(string link, string name)
    {
        var page = await NobodyAsync();
        await page.GotoAsync(link);
        await page.FillAsync("[name=Email]", $"{name.ToLowerInvariant()}@example.com");
        await page.FillAsync("[name=DisplayName]", name);
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync($"/{Workspace}");
        return page;
    }

    /// <summary>The id of a knowledge base called Filings with one real document, made once.</summary>
    public Task<string> FilingsAsync() => _filings ??= MakeFilingsAsync();

    /// <summary>Makes a knowledge base in the browser; the page stands on it.</summary>
    public async Task<string> MakeBaseAsync(IPage page, string name)
    {
        await GoAsync(page, "knowledge");
        await page.GetByRole(AriaRole.Button, new() { Name = "New knowledge base" }).ClickAsync();
        await page.FillAsync("dialog[open] input", name);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = name }).WaitForAsync();
        await page.Locator(".drop[data-takes]").WaitForAsync();
        return BaseInAddress().Match(page.Url).Groups[1].Value;
    }

    /// <summary>Drops files on the documents of a base, as a person drags them from a folder.</summary>
    public static async Task DropAsync(IPage page, params (string Name, byte[] Bytes)[] files)
    {
        var transfer = await page.EvaluateHandleAsync(
            """
            files => {
                const transfer = new DataTransfer();
                for (const { name, base64 } of files) {
                    transfer.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], name));
                }
                return transfer;
            }
            """,
            files.Select(file => new { name = file.Name, base64 = Convert.ToBase64String(file.Bytes) }).ToArray());
        await page.Locator(".drop").DispatchEventAsync("dragover", new { dataTransfer = transfer });
        await page.Locator(".drop").DispatchEventAsync("drop", new { dataTransfer = transfer });
    }

    /// <summary>The row of a document.</summary>
    public static ILocator Row(IPage page, string document) => page.Locator("tr", new() { Has = page.GetByTitle(document, new() { Exact = true }) });

    /// <summary>Sends a question and waits until its answer has ended.</summary>
    public static async Task AskAsync(IPage page, string question, string within = "")
    {
        await page.Locator($"{within} [data-ready]").WaitForAsync();
        var answered = await page.Locator($"{within} .msg-foot").CountAsync();
        await page.FillAsync($"{within} .cbox textarea", question);
        await page.ClickAsync($"{within} [data-send]");
        await page.Locator($"{within} .msg-foot").Nth(answered).WaitForAsync();
    }

    /// <summary>
    /// Asks about the filings until an answer says something that they say. What a small model writes differs with every rounding; that its
    /// sentences are tied to passages wherever they agree does not.
    /// </summary>
    public static async Task AskUntilCitedAsync(IPage page, string within = "")
    {
        foreach (var question in s_questions)
        {
            await AskAsync(page, question, within);
            if (await page.Locator($"{within} button.cite").CountAsync() > 0)
            {
                return;
            }
        }

        Assert.Fail($"None of {s_questions.Length} answers was tied to a passage.");
    }

    /// <summary>Opens the first citation of an answer; the passage shows the words that it rests on, and their page.</summary>
    public static async Task<string> OpenCitationAsync(IPage page)
    {
        await page.Locator("button.cite").First.ClickAsync();
        await page.Locator(".sources mark").First.WaitForAsync();
        var source = page.Locator(".sources li.open");
        var quoted = string.Concat(await source.Locator("mark").AllInnerTextsAsync());
        Assert.True(quoted.Length > 20, $"The mark is only \"{quoted}\".");
        Assert.Matches(@"p\. \d+", await source.InnerTextAsync());
        return await source.InnerTextAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        if (_studio is not null)
        {
            await _studio.DisposeAsync();
        }
    }

    private async Task<string> MakeFilingsAsync()
    {
        var pdf = SharedData.Require("data", "pdfs", "AMCOR_2022_8K_2022-07-01.pdf");
        var page = await OwnerAsync();
        var id = await MakeBaseAsync(page, "Filings");
        await DropAsync(page, (Path.GetFileName(pdf), await File.ReadAllBytesAsync(pdf)));
        await Row(page, Path.GetFileName(pdf)).GetByText("Ready").WaitForAsync();
        await page.Context.CloseAsync();
        return id;
    }

    private async Task<IPage> PageAsync(string? state, bool phone, ColorScheme theme)
    {
        var context = await _browser.Browser.NewContextAsync(new()
        {
            ViewportSize = phone ? new() { Width = 390, Height = 844 } : new() { Width = 1440, Height = 900 },
            HasTouch = phone,
            IsMobile = phone,
            ColorScheme = theme,
            ReducedMotion = ReducedMotion.Reduce,
            StorageState = state,
        });
        context.SetDefaultTimeout(60_000);
        return await context.NewPageAsync();
    }

    [GeneratedRegex("/knowledge/([^/?]+)")]
    private static partial Regex BaseInAddress();
}
