using Microsoft.Extensions.AI;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Tools;

namespace MistralStudio.Inference.Tests.Tools;

public sealed class ToolHistoryTests
{
    private static readonly ChatPrompt s_parallel = new(
    [
        new(ChatRole.User, "Weather in Paris and Rome?"),
        new(ChatRole.Assistant, [Call("call_paris", "Paris"), Call("call_rome", "Rome")]),
        new(ChatRole.Tool, [new FunctionResultContent("call_paris", "12")]),
        new(ChatRole.Tool, [new FunctionResultContent("call_rome", "18")]),
        new(ChatRole.Assistant, "Rome is warmer."),
    ]);

    [Fact]
    public void ParallelCalls_ComeOneAfterAnother_WhereATemplateTakesOneAtATime()
    {
        var written = ToolHistory.Write(s_parallel, ToolFormat.Llama).Messages;
        Assert.Equal(["user", "assistant", "tool", "assistant", "tool", "assistant"], written.Select(message => message.Role.Value));
        Assert.Equal("18", Assert.IsType<FunctionResultContent>(written[4].Contents[0]).Result);
    }

    [Fact]
    public void ForeignIds_AreShortened_TheSameForACallAndItsResult()
    {
        var written = ToolHistory.Write(s_parallel, ToolFormat.MistralNamed).Messages;
        var call = Assert.IsType<FunctionCallContent>(written[1].Contents[0]);
        Assert.Matches("^[A-Za-z0-9]{9}$", call.CallId);
        Assert.Equal(call.CallId, Assert.IsType<FunctionResultContent>(written[2].Contents[0]).CallId);
    }

    [Fact]
    public void AConversationWithoutTools_StaysAsItIs()
    {
        var prompt = new ChatPrompt([new(ChatRole.User, "Hello")]);
        Assert.All([ToolFormat.Plain, ToolFormat.Hermes, ToolFormat.Llama, ToolFormat.MistralList], format => Assert.Same(prompt, ToolHistory.Write(prompt, format)));
    }

    private static FunctionCallContent Call(string id, string city) => new(id, "get_weather", new Dictionary<string, object?> { ["city"] = city });
}
