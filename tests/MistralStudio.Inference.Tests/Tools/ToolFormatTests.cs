using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Tests.Tokenization;
using MistralStudio.Inference.Tools;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Tools;

public sealed class ToolFormatTests
{
    [Theory]
    [InlineData("mistralai-Mistral-Nemo-Instruct-2407", "mistral-list")]
    [InlineData("Mistral-Small-3.2-24B-Instruct-2506", "mistral-named")]
    [InlineData("mistralai-Ministral-3-14B-Reasoning-2512", "mistral-named")]
    [InlineData("unsloth-mistral-Devstral-Small-2507", "mistral-named")]
    [InlineData("Qwen-Qwen2.5-7B-Instruct", "hermes")]
    [InlineData("Qwen-Qwen3-0.6B", "hermes")]
    [InlineData("Qwen-QwQ-32B", "hermes")]
    [InlineData("NousResearch-Hermes-3-Llama-3.1-8B-tool_use", "hermes")]
    [InlineData("NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", "hermes")]
    [InlineData("ibm-granite-granite-4.0", "hermes")]
    [InlineData("meta-llama-Llama-3.1-8B-Instruct", "llama")]
    [InlineData("meta-llama-Llama-3.2-3B-Instruct", "llama")]
    [InlineData("meta-llama-Llama-3.3-70B-Instruct", "llama")]
    [InlineData("Qwen3-Coder", "plain")]
    [InlineData("GLM-4.6", "plain")]
    [InlineData("google-gemma-2-2b-it", "plain")]
    [InlineData("HuggingFaceTB-SmolLM3-3B", "plain")]
    public void TheFormat_IsTheOneOfTheTemplate(string template, string expected)
    {
        var source = File.ReadAllText(SharedData.Require("data", "chat-templates", "templates", $"{template}.jinja"));
        var opened = ChatTemplate.Open(template, source, "<s>", "</s>", TimeProvider.System).Value;
        Assert.Equal(expected, ToolFormat.Of(source, opened.KnowsTools).Name);
    }

    [Fact]
    public void Ids_AreWritten_WhereTheTemplateDoes()
    {
        Assert.True(ToolFormat.Of("[TOOL_CALLS]name[CALL_ID]id[ARGS]", knowsTools: true).WritesIds);
        Assert.False(ToolFormat.Of("[TOOL_CALLS]name[ARGS]", knowsTools: true).WritesIds);
    }

    [Fact]
    public void TheStarterModel_IsToldOfToolsInPlainWords()
    {
        var opened = ChatTemplate.Open("starter", StarterTokenizer.Template, "<s>", "</s>", TimeProvider.System).Value;
        Assert.Equal(ToolFormat.Plain, ToolFormat.Of(StarterTokenizer.Template!, opened.KnowsTools));
    }
}
