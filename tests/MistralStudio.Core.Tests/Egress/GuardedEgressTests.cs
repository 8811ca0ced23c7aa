using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Ids;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Core.Tests.Egress;

public sealed class GuardedEgressTests : IAsyncDisposable
{
    private const string PublicAddress = "93.184.216.34";

    private readonly MappedNetwork _network = new MappedNetwork().Name("public.test", PublicAddress);
    private readonly List<GuardedEgress> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0177.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[64:ff9b::127.0.0.1]")]
    [InlineData("0.0.0.0")]
    [InlineData("localhost.test")]
    [InlineData("localhost.test.")]
    public async Task WhateverItIsCalled_ThisMachineIsRefused_AndNothingIsDialled(string host)
    {
        await using var server = await LocalServer.StartAsync(http => http.Response.WriteAsync("secret"));
        _network.Name("localhost.test", "127.0.0.1").Name("localhost.test.", "127.0.0.1");

        var sent = await Egress().SendAsync(null, Get($"http://{host}:{server.Port}/"), EgressLimits.Default, Cancel);

        Assert.Equal("egress.refused", sent.Error!.Code);
        Assert.Empty(_network.Dialled);
    }

    [Fact]
    public async Task Refused_SaysWhereItIsAndWhoCanAllowIt()
    {
        _network.Name("ollama.lan", "192.168.1.7");

        var sent = await Egress().SendAsync(null, Get("http://ollama.lan:11434/v1/models"), EgressLimits.Default, Cancel);

        Assert.Equal(
            "ollama.lan:11434 was refused: it is in a private network. An owner can allow ollama.lan:11434 under Models, Connections; the operator in Egress:AllowedHosts.",
            sent.Error!.ToString());
    }

    [Fact]
    public async Task AnAllowedHost_IsReachedOnItsPortAlone()
    {
        await using var server = await LocalServer.StartAsync(http => http.Response.WriteAsync("hello"));
        await using var other = await LocalServer.StartAsync(http => http.Response.WriteAsync("secret"));
        var egress = Egress($"127.0.0.1:{server.Port}");

        Assert.Equal("hello", await ReadAsync(await egress.SendAsync(null, Get(server.Url), EgressLimits.Default, Cancel)));
        Assert.Equal("egress.refused", (await egress.SendAsync(null, Get(other.Url), EgressLimits.Default, Cancel)).Error!.Code);
    }

    [Fact]
    public async Task OneWorkspacesAllowance_OpensNothingToAnother_NotEvenAnOpenConnection()
    {
        await using var server = await LocalServer.StartAsync(http => http.Response.WriteAsync("hello"));
        var (mine, theirs) = (WorkspaceId.New(), WorkspaceId.New());
        var hosts = new WorkspaceHosts(mine, HostAndPort.Of(server.Url));
        var egress = Open(hosts);

        Assert.Equal("hello", await ReadAsync(await egress.SendAsync(mine, Get(server.Url), EgressLimits.Default, Cancel)));
        Assert.Equal("egress.refused", (await egress.SendAsync(theirs, Get(server.Url), EgressLimits.Default, Cancel)).Error!.Code);
        Assert.Equal("egress.refused", (await egress.SendAsync(null, Get(server.Url), EgressLimits.Default, Cancel)).Error!.Code);

        hosts.IsWithdrawn = true;
        Assert.Equal("egress.refused", (await egress.SendAsync(mine, Get(server.Url), EgressLimits.Default, Cancel)).Error!.Code);
    }

    [Fact]
    public async Task ANameThatMovesToThisMachine_IsRefused_AndTheCheckedAddressIsTheOneDialled()
    {
        await using var server = await LocalServer.StartAsync(async http =>
        {
            http.Response.Headers.Connection = "close";
            await http.Response.WriteAsync("hello");
        });
        _network.Name("moving.test", PublicAddress, "127.0.0.1");
        var egress = Egress();

        Assert.Equal("hello", await ReadAsync(await egress.SendAsync(null, Get($"http://moving.test:{server.Port}/"), EgressLimits.Default, Cancel)));
        var again = await egress.SendAsync(null, Get($"http://moving.test:{server.Port}/"), EgressLimits.Default, Cancel);

        Assert.Equal("egress.refused", again.Error!.Code);
        Assert.Equal([new IPEndPoint(IPAddress.Parse(PublicAddress), server.Port)], _network.Dialled);
    }

    [Fact]
    public async Task OfSeveralAddresses_OnlyTheCheckedOnesAreTried()
    {
        await using var server = await LocalServer.StartAsync(http => http.Response.WriteAsync("hello"));
        _network.Name("both.test", $"10.0.0.1,{PublicAddress}");

        Assert.Equal("hello", await ReadAsync(await Egress().SendAsync(null, Get($"http://both.test:{server.Port}/"), EgressLimits.Default, Cancel)));
        Assert.Equal([PublicAddress], _network.Dialled.Select(place => place.Address.ToString()));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://inside.test/")]
    [InlineData("//127.0.0.1/")]
    public async Task ARedirectInside_IsRefused(string target)
    {
        _network.Name("inside.test", "10.1.2.3");
        await using var server = await LocalServer.StartAsync(http => RedirectAsync(http, target));

        var sent = await Egress().SendAsync(null, Get($"http://public.test:{server.Port}/"), EgressLimits.Default, Cancel);

        Assert.Equal("egress.refused", sent.Error!.Code);
        Assert.Single(_network.Dialled);
    }

    [Fact]
    public async Task ARedirectElsewhere_TakesNoneOfOurHeadersAlong()
    {
        _network.Name("other.test", "93.184.216.35");
        var seen = new List<IHeaderDictionary>();
        await using var server = await LocalServer.StartAsync(async http =>
        {
            seen.Add(new HeaderDictionary(http.Request.Headers.ToDictionary()));
            if (http.Request.Host.Host == "public.test" && http.Request.Path == "/")
            {
                await RedirectAsync(http, "/same");
            }
            else if (http.Request.Host.Host == "public.test")
            {
                await RedirectAsync(http, $"http://other.test:{http.Request.Host.Port}/");
            }
            else
            {
                await http.Response.WriteAsync("there");
            }
        });
        var request = Get($"http://public.test:{server.Port}/");
        request.Headers.Add("Authorization", "Bearer key");
        request.Headers.Add("api-key", "key");
        request.Headers.Add("Cookie", "a=b");
        request.Headers.Add("Range", "bytes=5-");
        using var trace = new Activity("asked").SetIdFormat(ActivityIdFormat.W3C).Start();

        var sent = await Egress().SendAsync(null, request, EgressLimits.Default, Cancel);

        Assert.Equal("there", await ReadAsync(sent));
        Assert.Equal("other.test", sent.Value.RequestMessage!.RequestUri!.Host);
        Assert.Equal(3, seen.Count);
        Assert.All(seen.Take(2), headers => Assert.Equal("Bearer key", headers.Authorization));
        Assert.Equal(["Host", "Range"], seen[2].Keys.Order(StringComparer.Ordinal));
        Assert.All(seen, headers => Assert.DoesNotContain("traceparent", headers.Keys));
    }

    [Fact]
    public async Task ARedirectedPost_AndALossOfSecrecy_AreNotFollowed()
    {
        await using var server = await LocalServer.StartAsync(http => RedirectAsync(http, "http://public.test:1/", StatusCodes.Status307TemporaryRedirect));
        var post = new HttpRequestMessage(HttpMethod.Post, $"http://public.test:{server.Port}/") { Content = new StringContent("prompt") };

        var sent = await Egress().SendAsync(null, post, EgressLimits.Default, Cancel);

        Assert.Equal("egress.redirected", sent.Error!.Code);
        Assert.Contains("http://public.test:1", sent.Error.Message, StringComparison.Ordinal);
        Assert.False(Redirects.MayFollow(HttpMethod.Get, new("https://a.test"), new("http://a.test")));
        Assert.True(Redirects.MayFollow(HttpMethod.Get, new("http://a.test"), new("https://a.test")));
    }

    [Fact]
    public async Task ACircleOfRedirects_Ends()
    {
        var hops = 0;
        await using var server = await LocalServer.StartAsync(http =>
        {
            hops++;
            return RedirectAsync(http, "/again");
        });

        var sent = await Egress().SendAsync(null, Get($"http://public.test:{server.Port}/"), new EgressLimits { MaxRedirects = 3 }, Cancel);

        Assert.Equal("egress.too_many_redirects", sent.Error!.Code);
        Assert.Equal(4, hops);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnAnswerThatIsTooLarge_Ends_WhetherItSaysSoOrNot(bool says)
    {
        await using var server = await LocalServer.StartAsync(async http =>
        {
            http.Response.ContentLength = says ? 4096 : null;
            await http.Response.Body.WriteAsync(new byte[4096]);
        });

        var sent = await Egress().SendAsync(null, Get($"http://public.test:{server.Port}/"), new EgressLimits { MaxBytes = 1000 }, Cancel);

        Assert.Equal(says, !sent.IsSuccess);
        var error = sent.Error ?? EgressException.Find(await Record.ExceptionAsync(() => ReadAsync(sent)));
        Assert.Equal("egress.too_large", error!.Code);
    }

    [Theory]
    [InlineData("/head", "egress.timeout")]
    [InlineData("/body", "egress.timeout")]
    [InlineData("/broken", "egress.broken")]
    public async Task AnAnswerThatDoesNotCome_EndsWithAReason(string path, string code)
    {
        var headRead = new TaskCompletionSource();
        await using var server = await LocalServer.StartAsync(async http =>
        {
            if (http.Request.Path != "/head")
            {
                await http.Response.WriteAsync("begin");
                await http.Response.Body.FlushAsync();
            }

            if (http.Request.Path == "/broken")
            {
                await headRead.Task;
                http.Abort();
                return;
            }

            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        var limits = new EgressLimits { HeadTimeout = TimeSpan.FromSeconds(path == "/head" ? 0.2 : 20), IdleTimeout = TimeSpan.FromSeconds(0.2) };

        var sent = await Egress().SendAsync(null, Get($"http://public.test:{server.Port}{path}"), limits, Cancel);
        headRead.SetResult();

        var error = sent.Error ?? EgressException.Find(await Record.ExceptionAsync(() => ReadAsync(sent)));
        Assert.Equal(code, error!.Code);
    }

    [Fact]
    public async Task AFailure_SaysWhatIsWrong()
    {
        await using var server = await LocalServer.StartAsync(http => http.Response.WriteAsync("plain"));
        var egress = Egress();
        int closed;
        await using (var gone = await LocalServer.StartAsync(_ => Task.CompletedTask))
        {
            closed = gone.Port;
        }

        Assert.Equal("egress.tls", await CodeAsync($"https://public.test:{server.Port}/"));
        Assert.Equal("egress.unreachable", await CodeAsync($"http://public.test:{closed}/"));
        Assert.Equal("egress.unknown_host", await CodeAsync("http://nowhere.test/"));
        Assert.Equal("egress.bad_address", await CodeAsync("file:///etc/passwd"));
        Assert.Equal("egress.bad_address", await CodeAsync("http://name:secret@public.test/"));
        Assert.DoesNotContain("secret", (await egress.SendAsync(null, Get("http://name:secret@public.test/"), EgressLimits.Default, Cancel)).Error!.ToString(), StringComparison.Ordinal);

        async Task<string?> CodeAsync(string address) => (await egress.SendAsync(null, Get(address), EgressLimits.Default, Cancel)).Error?.Code;
    }

    [Fact]
    public async Task CallersCancellation_IsNoFailure()
    {
        await using var server = await LocalServer.StartAsync(http => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var sending = Egress().SendAsync(null, Get($"http://public.test:{server.Port}/"), EgressLimits.Default, stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task AHandler_ThrowsTheSameReasons()
    {
        using var client = new HttpClient(Egress().CreateHandler(null, EgressLimits.Default));

        var failure = await Record.ExceptionAsync(() => client.GetAsync(new Uri("http://127.0.0.1:9/"), Cancel));

        Assert.Equal("egress.refused", EgressException.Find(failure)!.Code);
    }

    public ValueTask DisposeAsync()
    {
        _opened.ForEach(egress => egress.Dispose());
        return ValueTask.CompletedTask;
    }

    private GuardedEgress Egress(params string[] allowed) => Open(OperatorHosts.Read(allowed).Hosts!);

    private GuardedEgress Open(IAllowedHosts hosts)
    {
        var egress = new GuardedEgress([hosts], _network, TimeProvider.System);
        _opened.Add(egress);
        return egress;
    }

    private static HttpRequestMessage Get(string address) => new(HttpMethod.Get, address);

    private static HttpRequestMessage Get(Uri address) => new(HttpMethod.Get, address);

    private static async Task<string> ReadAsync(Result<HttpResponseMessage> sent) => await sent.Value.Content.ReadAsStringAsync(Cancel);

    private static Task RedirectAsync(HttpContext http, string target, int status = StatusCodes.Status302Found)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.Location = target;
        return Task.CompletedTask;
    }

    private sealed class WorkspaceHosts(WorkspaceId owner, HostAndPort place) : IAllowedHosts
    {
        public bool IsWithdrawn { get; set; }

        public ValueTask<bool> IsAllowedAsync(WorkspaceId? workspace, HostAndPort asked, CancellationToken cancellationToken) =>
            ValueTask.FromResult(!IsWithdrawn && workspace == owner && asked == place);
    }
}
