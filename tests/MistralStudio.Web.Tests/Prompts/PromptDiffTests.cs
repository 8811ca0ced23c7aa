using System.Text.Json;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Prompts;

namespace MistralStudio.Web.Tests.Prompts;

public sealed class PromptDiffTests
{
    [Fact]
    public void Messages_ArePairedInOrder_AndParametersByName()
    {
        var before = new PromptContent
        {
            Messages = [new(MessageRole.System, "Be kind."), new(MessageRole.User, "Hi"), new(MessageRole.User, "{{q}}")],
            Settings = new(0.4f), Variables = [new("q")], Tools = [new("old", "", JsonElement.Parse("{}"))],
        };
        var after = new PromptContent
        {
            Messages = [new(MessageRole.System, "Be short."), new(MessageRole.Assistant, "Yes?"), new(MessageRole.User, "{{q}}")],
            Settings = new(0.2f, MaxOutputTokens: 9), Variables = [new("q")], Tools = [new("new", "", JsonElement.Parse("{}"))],
        };

        var diff = PromptDiff.Of(before, after);

        Assert.Equal(["System-System 1", "User- 1", "-Assistant 1", "User-User 0"], diff.Messages.Select(message => $"{message.Before}-{message.After} {message.Text.Hunks.Count}"));
        Assert.Equal(["Temperature  0.4>0.2", "MaxOutputTokens  >9"], diff.Parameters.Where(parameter => !parameter.IsSame).Take(2).Select(parameter => $"{parameter.Kind} {parameter.Name} {parameter.Before}>{parameter.After}"));
        Assert.Equal(["old gone", "new there"], diff.Parameters.Where(parameter => parameter.Kind == ParameterKind.Tool).Select(parameter => $"{parameter.Name} {(parameter.After is null ? "gone" : "there")}"));
        Assert.True(diff.Parameters.Single(parameter => parameter.Kind == ParameterKind.Variable).IsSame);
        Assert.False(diff.IsSame);
        Assert.True(PromptDiff.Of(after, after).IsSame);
    }
}
