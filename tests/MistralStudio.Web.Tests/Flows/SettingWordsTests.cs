using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using MistralStudio.Flows;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Changes;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Places inside of a node, called as its settings are.</summary>
public sealed class SettingWordsTests(ApiStudio studio) : IClassFixture<ApiStudio>
{
    [Theory]
    [InlineData("llm", "/config/system", "Instructions")]
    [InlineData("classify", "/config/classes/1/name", "Classes 2, Branch")]
    [InlineData("classify", "/config/classes/1", "Classes 2")]
    [InlineData("llm", "/title", "Name")]
    [InlineData("llm", "/config/nobody/knows", "/config/nobody/knows")]
    [InlineData("llm", "/policy/retry/attempts", "Tries")]
    [InlineData("llm", "/policy/nobody", "/policy/nobody")]
    [InlineData(null, "/config/system", "/config/system")]
    public void APlace_HasTheNameThatItsFieldHas(string? type, string pointer, string name)
    {
        using var started = studio.CreateClient();
        var catalog = studio.Services.GetRequiredService<NodeCatalog>();
        var words = studio.Services.GetRequiredService<IStringLocalizer<FlowPageWords>>();

        Assert.Equal(name, SettingWords.NameOf(pointer, type is null ? null : catalog.Find(type)?.Type, words));
    }
}
