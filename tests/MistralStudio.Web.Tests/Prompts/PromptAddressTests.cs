using System.Net;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Tests.Prompts;

/// <summary>Addresses of prompts over HTTP.</summary>
public sealed class PromptAddressTests(OneServer one) : IClassFixture<OneServer>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAddressById_LeadsToTheSlug_WithWhatItAskedFor()
    {
        var owner = await one.Studio.OwnerAsync();
        var content = PromptContent.Empty with { Messages = [new(MessageRole.User, "Say {{it}}")] };
        var prompt = (await one.Studio.Services.GetRequiredService<IPromptStore>().CreateAsync(owner.Workspace, PromptForm.Named("Said by id"), content, "", owner.User, Stop)).Value;
        using var browser = await one.Studio.SignInAsync();

        using var moved = await browser.GetAsync($"/w/workspace/prompts/{prompt.Id}?tab=versions", Stop);
        Assert.Equal(HttpStatusCode.Redirect, moved.StatusCode);
        Assert.EndsWith("/w/workspace/prompts/said-by-id?tab=versions", moved.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Contains("Said by id", await browser.GetStringAsync(moved.Headers.Location, Stop), StringComparison.Ordinal);
        Assert.Contains("There is nothing at this address", await browser.GetStringAsync($"/w/workspace/prompts/{PromptId.New()}", Stop), StringComparison.Ordinal);
    }
}
