using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Playground.Columns;
using MistralStudio.Web.Features.Playground.Drafts;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>What is asked, made of a prompt and of what is typed; pure policies over plain data.</summary>
public sealed class PromptCompositionTests
{
    private static readonly Dictionary<string, string> s_none = [];

    [Theory]
    [InlineData("About leases: {{question}}", "How long?", "About leases: How long?")]
    [InlineData("Only this.", "How long?", "Only this.\n\nHow long?")]
    [InlineData("Only this.", "  ", "Only this.")]
    public void FirstQuestion_TakesTheFormOfTheLastUserMessage(string form, string typed, string question) =>
        Assert.Equal(question, Compose([new(MessageRole.User, form)], typed, isFirst: true).Question);

    [Fact]
    public void LaterQuestions_AreWhatIsTyped_AfterTheExamples()
    {
        PromptMessage[] messages =
        [
            new(MessageRole.System, "Be {{tone}}."), new(MessageRole.User, "One?"), new(MessageRole.Assistant, "1."), new(MessageRole.User, "{{question}}"),
        ];
        var composed = PromptComposition.Compose(new PromptContent { Messages = messages }, new Dictionary<string, string> { ["tone"] = "kind" }, "Two?", isFirst: false).Value;

        Assert.Equal("Be kind.", composed.Instructions);
        Assert.Equal([(MessageRole.User, "One?"), (MessageRole.Assistant, "1.")], composed.Opening.Select(message => (message.Role, message.Text)));
        Assert.Equal("Two?", composed.Question);
    }

    [Fact]
    public void WhatIsTyped_IsNeverLookedAtAgain() =>
        Assert.Equal("Say {{secret}} {{question}}", Compose([new(MessageRole.User, "Say {{question}}")], "{{secret}} {{question}}", isFirst: true).Question);

    [Fact]
    public void VariableWithoutAValue_IsNamed_AlsoWhereItsValueIsEmpty()
    {
        var content = new PromptContent { Messages = [new(MessageRole.System, "In {{language}} for {{reader}}.")] };
        var refused = PromptComposition.Compose(content, new Dictionary<string, string> { ["language"] = "" }, "Question?", isFirst: true);

        Assert.Contains("\"language\", \"reader\"", refused.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NothingAtAll_IsRefused() =>
        Assert.Equal("chat.empty", PromptComposition.Compose(PromptContent.Empty, s_none, " ", isFirst: true).Error?.Code);

    [Fact]
    public void Typing_ChangesTheText_AndAsksForTheWholeWhereItIsAnother()
    {
        var draft = new DraftState();
        draft.Open(new ConversationDraft { Content = new PromptContent { Messages = [new(MessageRole.System, "Answer in French.")] } });
        var key = draft.Messages[0].Key;

        Assert.True(draft.Type(key, 17, 10, 6, "German"));
        Assert.Equal("Answer in German.", draft.Messages[0].Text);
        Assert.False(draft.Type(key, 16, 0, 0, "x"));
        Assert.False(draft.Type(key, 17, 18, 0, "x"));
        Assert.False(draft.Type(key, 17, 10, 8, "x"));
        Assert.False(draft.Type(key, 17, 10, int.MaxValue, "x"));
        Assert.False(draft.Type(key, 17, -1, 1, "x"));
        Assert.False(draft.Type(key + 1, 17, 0, 0, "x"));
        Assert.Equal("Answer in German.", draft.Messages[0].Text);
    }

    [Fact]
    public void Messages_AreMovedAddedAndTakenOut_AndVariablesFollowTheTexts()
    {
        var draft = new DraftState();
        draft.Open(new ConversationDraft { Content = new PromptContent { Messages = [new(MessageRole.System, "{{a}}"), new(MessageRole.User, "{{b}} {{a}}")] } });
        Assert.Equal(["a", "b"], draft.Variables.Select(variable => variable.Name));

        draft.Move(draft.Messages[1].Key, 0);
        Assert.Equal(["b", "a"], draft.Variables.Select(variable => variable.Name));
        var added = draft.Add();
        draft.Type(added.Key, 0, 0, 0, "{{c}}");
        draft.Describe(new PromptVariable("c", PromptVariableKind.Number));
        draft.Remove(draft.Messages[0].Key);
        Assert.Equal([("a", PromptVariableKind.Text), ("c", PromptVariableKind.Number)], draft.Variables.Select(variable => (variable.Name, variable.Kind)));
    }

    [Fact]
    public void BlindOrder_IsTheSameForAQuestion_AndMixesThemOverMany()
    {
        var questions = Enumerable.Range(0, 600).Select(_ => MessageId.New()).ToList();
        Assert.All(questions, question => Assert.Equal(BlindOrder.Of(question, 4), BlindOrder.Of(question, 4)));
        Assert.All(questions, question => Assert.Equal([0, 1, 2, 3], BlindOrder.Of(question, 4).Order()));

        // Each column comes first about as often as the others: no place tells a name.
        foreach (var times in questions.CountBy(question => BlindOrder.Of(question, 3)[0]).Select(count => count.Value))
        {
            Assert.InRange(times, 140, 260);
        }
    }

    private static ComposedPrompt Compose(PromptMessage[] messages, string typed, bool isFirst) =>
        PromptComposition.Compose(new PromptContent { Messages = messages }, s_none, typed, isFirst).Value;
}
