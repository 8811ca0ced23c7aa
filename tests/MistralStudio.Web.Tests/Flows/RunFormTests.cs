using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Engine;
using MistralStudio.Flows.Gallery;
using MistralStudio.Flows.Hosting;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.FlowsApi;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>The form that runs a flow, just after a template became one.</summary>
public sealed class RunFormTests : BunitContext, IClassFixture<ApiStudio>
{
    private readonly ApiStudio _studio;

    public RunFormTests(ApiStudio studio)
    {
        _studio = studio;
        using var started = studio.CreateClient();
        Services.AddLogging();
        Services.AddLocalization();
    }

    private static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryTemplate_OpensWithItsSample_AndAFileToReadWhereItReadsOne()
    {
        var owner = (await Get<AccountStore>().FindDefaultOwnerAsync(Token))!;
        var caller = new Caller(owner.Workspace, owner.User, RolePermissions.Of(Role.Owner));
        foreach (var template in FlowTemplates.All)
        {
            var flow = (await Get<IFlowStore>().CreateAsync(owner.Workspace, template.Title, FlowDefinitions.Write(template.Flow), owner.User, Token)).Value;
            using var state = new FlowState(new FlowPageServices(Get<IFlowStore>(), Get<IFlowVersions>(), Get<FlowPlans>(), Get<FlowPublication>(), Get<FlowRuns>(), Get<IBlobStore>()), caller);
            Assert.True(await state.LoadAsync(flow.Id, Token));

            var form = Render<RunForm>(set => set.Add(one => one.State, state).Add(one => one.Sample, template.Sample).AddCascadingValue(Scopes.Owner));

            foreach (var (input, box) in template.Flow.Inputs.Where(input => input.Type.Kind == PortKind.Text).Zip(form.FindAll("textarea:not(.mono)")))
            {
                Assert.Equal(template.Sample[input.Name].GetString(), box.GetAttribute("value") ?? box.TextContent);
            }

            foreach (var input in template.Flow.Inputs.Where(input => input.Type.Kind == PortKind.File))
            {
                Assert.Contains(template.Sample[input.Name].GetProperty("name").GetString()!, form.Find(".field .meta").TextContent, StringComparison.Ordinal);
                Services.GetRequiredService<NavigationManager>().NavigateTo("/");
                await form.Find("form").SubmitAsync();
                Assert.Contains("/runs/", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);
            }

            Assert.Equal(2, template.Explanation.Count);
        }
    }

    private T Get<T>()
        where T : notnull => _studio.Services.GetRequiredService<T>();
}
