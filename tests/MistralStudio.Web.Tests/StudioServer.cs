using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Web.Features.Accounts;
using MistralStudio.Web.Hosting;

namespace MistralStudio.Web.Tests;

/// <summary>The composed server on a free port over a data folder of its own, in this process.</summary>
public sealed partial class StudioServer : IAsyncDisposable
{
    public const string OwnerEmail = "owner@example.com";
    public const string Password = "correct horse battery";

    private readonly WebApplication _app;
    private readonly string _dataPath;

    private StudioServer(WebApplication app, string dataPath)
    {
        _app = app;
        _dataPath = dataPath;
    }

    public IServiceProvider Services => _app.Services;

    public Uri Url { get; private set; } = null!;

    public string DataPath => _dataPath;

    /// <param name="withOwner">True creates the owner and the workspace "workspace".</param>
    /// <param name="settings">As on the command line: <c>--Studio:PublicUrl=...</c>.</param>
    public static async Task<StudioServer> StartAsync(bool withOwner = true, params string[] settings)
    {
        var dataPath = Directory.CreateTempSubdirectory("studio-web-").FullName;
        var builder = StudioHost.CreateBuilder([$"--Studio:DataPath={dataPath}", "--Studio:Urls=http://127.0.0.1:0", .. settings]);
        var options = StudioOptions.Read(builder.Configuration).Value;
        if (options.Postgres is null)
        {
            MigratedDatabase.Lay(dataPath);
        }

        var app = StudioHost.Build(builder, options);
        var server = new StudioServer(app, dataPath);
        Assert.True((await app.Services.GetRequiredService<DatabaseStartup>().PrepareAsync(CancellationToken.None)).IsSuccess);
        if (withOwner)
        {
            await using var scope = app.Services.CreateAsyncScope();
            Assert.True((await scope.ServiceProvider.GetRequiredService<AccountForms>().SetUpUnattendedAsync(OwnerEmail, Password)).IsSuccess);
        }

        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.Url = new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
        return server;
    }

    /// <summary>A browser without scripts: cookies, and no redirect followed unseen.</summary>
    public HttpClient NewBrowser() => new(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false, UseProxy = false })
    {
        BaseAddress = Url,
    };

    /// <summary>A browser in which somebody signed in.</summary>
    public async Task<HttpClient> SignInAsync(string email = OwnerEmail, string password = Password)
    {
        var browser = NewBrowser();
        var answer = await PostFormAsync(browser, "/sign-in", ("Email", email), ("Password", password));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return browser;
    }

    /// <summary>Opens a page and sends its form as a browser would, antiforgery token included.</summary>
    public static Task<HttpResponseMessage> PostFormAsync(HttpClient browser, string path, params (string Name, string Value)[] fields) =>
        PostFormAsync(browser, path, path, fields);

    /// <summary>Opens a page and sends its form to where it goes.</summary>
    public static async Task<HttpResponseMessage> PostFormAsync(HttpClient browser, string path, string action, params (string Name, string Value)[] fields)
    {
        var page = await browser.GetStringAsync(path);
        var form = HiddenField().Matches(page).DistinctBy(field => field.Groups["name"].Value)
            .ToDictionary(field => field.Groups["name"].Value, field => WebUtility.HtmlDecode(field.Groups["value"].Value));
        foreach (var (name, value) in fields)
        {
            form[name] = value;
        }

        return await browser.PostAsync(action, new FormUrlEncodedContent(form));
    }

    /// <summary>The words of a page, without what differs from answer to answer.</summary>
    public static async Task<string> TextOf(HttpResponseMessage answer) => Markup().Replace(await answer.Content.ReadAsStringAsync(), " ");

    public async Task<Membership> OwnerAsync() => (await Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(CancellationToken.None))!;

    /// <summary>A key of the owner, and a program that sends it.</summary>
    public async Task<(ApiKey Key, HttpClient Program)> NewProgramAsync(params string[] scopes)
    {
        var owner = await OwnerAsync();
        var made = await Services.GetRequiredService<ApiKeyStore>()
            .CreateAsync(owner.Workspace, owner.User, "test", scopes.Length == 0 ? RolePermissions.All : scopes, null, CancellationToken.None);
        var program = NewBrowser();
        program.DefaultRequestHeaders.Authorization = new("Bearer", made.Value.Token);
        return (made.Value.Key, program);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_dataPath, recursive: true);
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]+)\" value=\"(?<value>[^\"]*)\"")]
    private static partial Regex HiddenField();

    [GeneratedRegex("<script.*?</script>|<!--.*?-->|<[^>]*>", RegexOptions.Singleline)]
    private static partial Regex Markup();
}
