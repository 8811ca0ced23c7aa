using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Tests.Security;

public sealed class RightsTests(OneServer one) : IClassFixture<OneServer>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task SomebodyElsesWorkspace_IsNotThere()
    {
        using var browser = await one.Studio.SignInAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/w/another/settings")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/w/workspace/settings")).StatusCode);
    }

    [Fact]
    public async Task AProgramWithoutAKey_IsRefused_InTheShapeOfTheAddress()
    {
        using var program = one.Studio.NewBrowser();
        var models = await program.GetAsync("/v1/models");
        Assert.Equal(HttpStatusCode.Unauthorized, models.StatusCode);
        Assert.Contains("\"error\":{", await models.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var bases = await program.GetAsync("/api/knowledge-bases");
        Assert.Equal(HttpStatusCode.Unauthorized, bases.StatusCode);
        Assert.Contains("\"code\":", await bases.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKey_DoesWhatItsScopesSay_AndNoMore()
    {
        var (_, program) = await one.Studio.NewProgramAsync(Permissions.KnowledgeRead);
        using (program)
        {
            Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/api/knowledge-bases")).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await program.PostAsync("/api/knowledge-bases", new StringContent("{\"name\":\"x\"}", null, "application/json"))).StatusCode);
        }
    }

    [Fact]
    public async Task ARevokedKey_IsRefused()
    {
        var (key, program) = await one.Studio.NewProgramAsync();
        using (program)
        {
            Assert.Equal(HttpStatusCode.OK, (await program.GetAsync("/api/knowledge-bases")).StatusCode);
            await one.Studio.Services.GetRequiredService<ApiKeyStore>().RevokeAsync((await one.Studio.OwnerAsync()).Workspace, key.Id, null, null, CancellationToken.None);
            Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/api/knowledge-bases")).StatusCode);
        }
    }

    [Fact]
    public async Task SignOutEverywhere_EndsOtherSignIns_WithinFiveSeconds()
    {
        using var browser = await one.Studio.SignInAsync();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/w/workspace/settings")).StatusCode);
        await using (var scope = one.Studio.Services.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<StudioUser>>();
            await users.UpdateSecurityStampAsync((await users.FindByEmailAsync(StudioServer.OwnerEmail))!);
        }

        var since = Stopwatch.GetTimestamp();
        while ((await browser.GetAsync("/w/workspace/settings")).StatusCode == HttpStatusCode.OK)
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < s_limit, "The other sign-in still works.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
