using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Security;

/// <summary>Answers that stream over real sockets, from a model that never ends by itself, while their reader loses the right to them.</summary>
public sealed partial class StreamRevocationTests : IAsyncLifetime
{
    private const string Email = "member@example.com";
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly ApiStudio _studio = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Uri _url = null!;
    private Membership _owner = null!;
    private Membership _member = null!;
    private HttpClient _browser = null!;

    public enum Loss
    {
        KeyRevoked,
        Demoted,
        Suspended,
        Removed,
        SignedOut,
        SignedOutEverywhere,
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private AccountStore Accounts => _studio.Services.GetRequiredService<AccountStore>();

    public async ValueTask InitializeAsync()
    {
        _studio.Chat = new(_ => "one two three")
        {
            BeforeWord = async stop =>
            {
                if (_studio.Chat.WordsWritten == 1)
                {
                    try
                    {
                        await Task.Delay(Timeout.Infinite, stop);
                    }
                    finally
                    {
                        _stopped.TrySetResult();
                    }
                }
            },
        };
        _url = _studio.Listen();
        _owner = (await Accounts.FindDefaultOwnerAsync(Token))!;
        var (_, invite) = await _studio.Services.GetRequiredService<InviteStore>().CreateAsync(_owner.Workspace, Role.Builder, _owner.User, Token);
        _browser = Browser();
        using var joined = await StudioServer.PostFormAsync(
            _browser, $"/invite/{invite}", ("Email", Email), ("DisplayName", "Member"), ("Password", StudioServer.Password));
        Assert.Equal(HttpStatusCode.Redirect, joined.StatusCode);
        _member = (await Accounts.ListMembersAsync(_owner.Workspace, Token)).Where(found => found.Email == Email)
            .Select(found => _owner with { User = found.User, Role = found.Role }).Single();
    }

    public async ValueTask DisposeAsync()
    {
        _browser?.Dispose();
        await _studio.DisposeAsync();
    }

    [Theory]
    [InlineData(Loss.KeyRevoked)]
    [InlineData(Loss.Demoted)]
    [InlineData(Loss.Suspended)]
    [InlineData(Loss.Removed)]
    public async Task AnAnswerToAKey_EndsWithinFiveSeconds(Loss loss)
    {
        var (key, token) = (await _studio.Services.GetRequiredService<ApiKeyStore>().CreateAsync(
            _member.Workspace, _member.User, "program", [Permissions.ModelsUse], null, Token)).Value;
        using var program = Browser();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new { model = "scripted", stream = true, messages = new[] { new { role = "user", content = "Go on." } } }),
        };
        await EndsWithinFiveSecondsAsync(program, request, () => LoseAsync(loss, key.Id));
        using var again = await program.GetAsync("/v1/models", Token);
        Assert.Contains(again.StatusCode, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden]);
    }

    [Theory]
    [InlineData(Loss.Demoted)]
    [InlineData(Loss.Suspended)]
    [InlineData(Loss.Removed)]
    [InlineData(Loss.SignedOut)]
    [InlineData(Loss.SignedOutEverywhere)]
    public async Task AnAnswerToAPerson_EndsWithinFiveSeconds(Loss loss)
    {
        _studio.Search.Hits.Add(MistralStudio.Tests.Shared.Fakes.FakeKnowledgeSearch.Hit("One, two, three."));
        var asked = await _studio.Services.GetRequiredService<IKnowledgeStore>().CreateBaseAsync(
            _owner.Workspace, "Filings", EmbeddingModel, _owner.User, Token);
        var page = await _browser.GetStringAsync($"/w/{_owner.Slug}", Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/knowledge-bases/{asked.Id}/ask") { Content = JsonContent.Create(new { question = "Go on?" }) };
        request.Headers.Add("X-Studio-Antiforgery", AntiforgeryField().Match(page).Groups[1].Value);
        await EndsWithinFiveSecondsAsync(_browser, request, () => LoseAsync(loss, default));
    }

    private static string EmbeddingModel => MistralStudio.Tests.Shared.Fakes.EmbeddingOnlyHost.ModelId;

    private async Task EndsWithinFiveSecondsAsync(HttpClient client, HttpRequestMessage request, Func<Task> lose)
    {
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var body = await response.Content.ReadAsStreamAsync(Token);
        using var reader = new StreamReader(body);
        string? line;
        do
        {
            line = await reader.ReadLineAsync(Token);
            Assert.NotNull(line);
        }
        while (!line.Contains("\"one\"", StringComparison.Ordinal));
        await lose();
        var since = Stopwatch.GetTimestamp();
        var ended = Task.Run(
            async () =>
            {
                try
                {
                    while (await reader.ReadLineAsync(Token) is not null)
                    {
                    }
                }
                catch (Exception exception) when (exception is IOException or HttpRequestException)
                {
                }
            },
            Token);
        await Task.WhenAll(ended, _stopped.Task).WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.True(Stopwatch.GetElapsedTime(since) < s_limit, $"It streamed on for {Stopwatch.GetElapsedTime(since)}.");
        Assert.Equal(1, _studio.Chat.WordsWritten);
    }

    private async Task LoseAsync(Loss loss, Core.Ids.ApiKeyId key)
    {
        switch (loss)
        {
            case Loss.KeyRevoked:
                Assert.True((await _studio.Services.GetRequiredService<ApiKeyStore>().RevokeAsync(_member.Workspace, key, null, null, Token)).IsSuccess);
                break;
            case Loss.Demoted:
                Assert.True((await Accounts.ChangeRoleAsync(_member.Workspace, _member.User, Role.Viewer, null, Token)).IsSuccess);
                break;
            case Loss.Suspended:
                Assert.True((await Accounts.SuspendAsync(_member.Workspace, _member.User, true, null, Token)).IsSuccess);
                break;
            case Loss.Removed:
                Assert.True((await Accounts.RemoveAsync(_member.Workspace, _member.User, null, Token)).IsSuccess);
                break;
            case Loss.SignedOut:
                using (var left = await StudioServer.PostFormAsync(_browser, $"/w/{_owner.Slug}", "/sign-out"))
                {
                    Assert.Equal("/sign-in", left.Headers.Location!.OriginalString);
                }

                break;
            case Loss.SignedOutEverywhere:
                await using (var scope = _studio.Services.CreateAsyncScope())
                {
                    var users = scope.ServiceProvider.GetRequiredService<UserManager<StudioUser>>();
                    await users.UpdateSecurityStampAsync((await users.FindByEmailAsync(Email))!);
                }

                break;
        }
    }

    private HttpClient Browser() => new(new SocketsHttpHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = _url };

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]*)\"")]
    private static partial Regex AntiforgeryField();
}
