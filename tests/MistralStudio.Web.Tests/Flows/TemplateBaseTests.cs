using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Gallery;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Flows;

namespace MistralStudio.Web.Tests.Flows;

public sealed class TemplateBaseTests
{
    private readonly InMemoryKnowledge _knowledge = new();
    private readonly WorkspaceId _workspace = WorkspaceId.New();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IEnumerable<FlowTemplate> Asking => FlowTemplates.All.Where(TemplateBase.Asks);

    [Fact]
    public async Task ATemplate_ReadsTheBaseThatIsThere()
    {
        await _knowledge.CreateBaseAsync(_workspace, "Contracts \"A\"", "e", null, Token);
        var chosen = await ReadAsync(Role.Builder);

        Assert.Equal("Contracts \"A\"", chosen.Chosen);
        Assert.NotEmpty(Asking);
        Assert.All(Asking, template =>
        {
            var written = FlowDefinitions.Write(chosen.Of(template));
            Assert.DoesNotContain($"\"{FlowTemplate.Base}\"", written, StringComparison.Ordinal);
            Assert.Equal(written.Replace("Contracts \\\"A\\\"", FlowTemplate.Base, StringComparison.Ordinal), FlowDefinitions.Write(template.Flow));
        });
        Assert.All(FlowTemplates.All.Except(Asking), template => Assert.Same(template.Flow, chosen.Of(template)));
    }

    [Fact]
    public async Task ItsOwnName_IsPreferred_AndWithoutABase_OrTheRight_NothingIsChosen()
    {
        Assert.Null((await ReadAsync(Role.Builder)).Chosen);
        Assert.All(Asking, template => Assert.Same(template.Flow, new TemplateBase(_knowledge, Of(Role.Builder)).Of(template)));

        await _knowledge.CreateBaseAsync(_workspace, "Contracts", "e", null, Token);
        await _knowledge.CreateBaseAsync(_workspace, FlowTemplate.Base, "e", null, Token);

        Assert.Equal(FlowTemplate.Base, (await ReadAsync(Role.Builder)).Chosen);
        Assert.Empty((await ReadAsync(null)).Names!);
    }

    private Caller Of(Role? role) => new(_workspace, null, role is { } known ? RolePermissions.Of(known) : []);

    private async Task<TemplateBase> ReadAsync(Role? role)
    {
        var read = new TemplateBase(_knowledge, Of(role));
        await read.ReadAsync(Token);
        return read;
    }
}
