using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Gallery;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>The form that runs a flow, just after a template became one.</summary>
public sealed class RunFormTests(ApiStudio studio) : FlowTests(studio)
{
    [Fact]
    public async Task EveryTemplate_OpensWithItsSample_AndAFileToReadWhereItReadsOne()
    {
        var owner = await OwnerAsync();
        foreach (var template in FlowTemplates.All)
        {
            var flow = await CreateAsync(owner, FlowDefinitions.Write(template.Flow), template.Title);
            using var state = State(owner);
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
}
