using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Playwright;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests;

/// <summary>One server with an owner, and one browser, for all tests that leave nothing behind which others would trip over.</summary>
public sealed class SharedStudio : IAsyncLifetime
{
    public const string Email = "owner@example.com";
    public const string Password = "correct horse battery";

    private readonly BrowserFixture _browser = new();
    private readonly ConcurrentBag<string> _requests = [];
    private string _signedIn = "";

    /// <summary>The server.</summary>
    public StudioProcess Server { get; private set; } = null!;

    /// <summary>Every address that a page of this studio asked for and that is not the studio's own.</summary>
    public IEnumerable<string> Strangers => _requests.Where(url =>
        new Uri(url) is { IsFile: false } address && address.Scheme is not ("data" or "blob" or "about") && address.Authority != Server.Url.Authority);

    /// <summary>The address of a page of the workspace.</summary>
    public string Url(string page = "") => $"{Server.Url}w/contracts{(page.Length == 0 ? "" : "/")}{page}";

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        await _browser.InitializeAsync();
        Server = await StudioProcess.StartAsync();
        var page = await NewPageAsync(signedIn: false);
        await page.GotoAsync(Server.SetupUrl!.ToString());
        await page.FillAsync("[name=Email]", Email);
        await page.FillAsync("[name=DisplayName]", "Ada Owner");
        await page.FillAsync("[name=Password]", Password);
        await page.FillAsync("[name=Workspace]", "Contracts");
        await page.ClickAsync("button[type=submit]");
        await page.ArriveAsync("/w/contracts");
        _signedIn = await page.Context.StorageStateAsync();
        await page.Context.CloseAsync();
    }

    /// <summary>A page in a browser context of its own.</summary>
    public async Task<IPage> NewPageAsync(bool signedIn = true, int width = 1440, int height = 900, ColorScheme theme = ColorScheme.Light)
    {
        var context = await _browser.Browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = theme,
            StorageState = signedIn ? _signedIn : null,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(60_000);
        context.Request += (_, request) => _requests.Add(request.Url);
        return await context.NewPageAsync();
    }

    /// <summary>A playground that takes messages, with a new conversation.</summary>
    public async Task<IPage> NewPlaygroundAsync()
    {
        var page = await NewPageAsync();
        await page.GotoAsync(Url("playground"));
        await page.Locator("[data-ready]").WaitForAsync();
        return page;
    }

    /// <summary>Has a model have said something in the conversation on screen: what it writes by itself is nothing that a test may rest on.</summary>
    public async Task RewriteAnswerAsync(IPage page, string text)
    {
        var conversation = new Uri(page.Url).Segments[^1];
        await using (var database = new SqliteConnection($"Data Source={Path.Combine(Server.DataPath, "studio.db")}"))
        {
            await database.OpenAsync();
            await using var command = database.CreateCommand();
            command.CommandText = "UPDATE Messages SET Text = $text WHERE Role = 'assistant' COLLATE NOCASE AND lower(replace(ConversationId, '-', '')) = lower(replace($conversation, '-', ''))";
            command.Parameters.AddWithValue("$text", text);
            command.Parameters.AddWithValue("$conversation", conversation);
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }

        await page.ReloadAsync();
        await page.Locator("[data-ready]").WaitForAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        await _browser.DisposeAsync();
    }
}

/// <summary>Tests of one server: they run one after the other, since a browser and a model share two cores.</summary>
[CollectionDefinition(Name)]
public sealed class StudioCollection : ICollectionFixture<SharedStudio>
{
    public const string Name = "studio";
}
