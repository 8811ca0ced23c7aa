using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;
using MistralStudio.Inference.Tests.Hosting;

namespace MistralStudio.Inference.Tests.Tools;

/// <summary>A model of 135 million parameters that never learnt tools: what is demanded of it holds all the same.</summary>
public sealed class StarterToolsTests(StarterModels starters) : IClassFixture<StarterModels>
{
    private const string Schema = """
        {"type":"object","properties":{"name":{"type":"string","maxLength":20},"age":{"type":"integer","minimum":0,"maximum":150}},"required":["name","age"],"additionalProperties":false}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADemandedCall_IsMade_ItsArgumentsValidate_AndItsPiecesAreTheWhole()
    {
        var updates = await AskAsync(new ChatOptions
        {
            Tools = [CallSamples.Weather, CallSamples.Search],
            ToolMode = ChatToolMode.RequireSpecific("get_weather"),
            MaxOutputTokens = 60,
            Seed = 3,
            StreamsCalls = true,
        });
        var contents = updates.SelectMany(update => update.Contents).ToList();
        var call = Assert.Single(contents.OfType<FunctionCallContent>());
        Assert.Equal("get_weather", call.Name);
        Assert.Empty(JsonSchema.Read(CallSamples.Weather.JsonSchema).Value.Validate(JsonSerializer.SerializeToElement(call.Arguments)));
        var pieces = contents.OfType<FunctionCallDelta>().ToList();
        Assert.True(pieces.Count > 3);
        Assert.Equal(("get_weather", call.CallId), (pieces[0].Name, pieces[0].CallId));
        Assert.Equal(call.RawRepresentation, string.Concat(pieces.Select(piece => piece.Arguments)));
        Assert.Equal(ChatFinishReason.ToolCalls, updates[^1].FinishReason);
        Assert.DoesNotContain(contents.OfType<TextContent>(), text => text.Text.Length > 0);
    }

    [Fact]
    public async Task ACall_ComesWhole_ToWhoDoesNotAskForPieces()
    {
        var updates = await AskAsync(new ChatOptions { Tools = [CallSamples.Search], ToolMode = ChatToolMode.RequireAny, AllowMultipleToolCalls = false, MaxOutputTokens = 60, Seed = 3 });
        Assert.Single(updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>());
        Assert.DoesNotContain(updates.SelectMany(update => update.Contents), content => content is FunctionCallDelta);
    }

    [Theory]
    [InlineData(14)]
    [InlineData(200)]
    public async Task AnAnswerInASchema_Validates_HoweverManyTokensItMayHave(int tokens)
    {
        using var schema = JsonDocument.Parse(Schema);
        var updates = await AskAsync(new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement), MaxOutputTokens = tokens, Seed = 5 });
        using var answer = JsonDocument.Parse(string.Concat(updates));
        Assert.Empty(JsonSchema.Read(schema.RootElement).Value.Validate(answer.RootElement));
        Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
    }

    [Fact]
    public async Task AnAnswer_IsHeldToJson_ToAnExpression_AndToChoices()
    {
        var json = string.Concat(await AskAsync(new ChatOptions { ResponseFormat = ChatResponseFormat.Json, MaxOutputTokens = 30 }));
        using var parsed = JsonDocument.Parse(json);
        Assert.Equal(JsonValueKind.Object, parsed.RootElement.ValueKind);
        Assert.Matches("^[A-Z]{2}-[0-9]{3}$", string.Concat(await AskAsync(new ChatOptions { Regex = "[A-Z]{2}-[0-9]{3}", MaxOutputTokens = 20 })));
        Assert.Contains(string.Concat(await AskAsync(new ChatOptions { Choices = ["yes", "no"], MaxOutputTokens = 20 })), new[] { "yes", "no" });
    }

    [Fact]
    public async Task AToolOrAFormat_IsEitherOfBoth()
    {
        using var schema = JsonDocument.Parse(Schema);
        var updates = await AskAsync(new ChatOptions
        {
            Tools = [CallSamples.Search], ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement), AllowMultipleToolCalls = false, MaxOutputTokens = 60,
        });
        var calls = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();
        if (calls.Count == 0)
        {
            using var answer = JsonDocument.Parse(string.Concat(updates));
            Assert.Empty(JsonSchema.Read(schema.RootElement).Value.Validate(answer.RootElement));
        }
        else
        {
            Assert.Equal("search", Assert.Single(calls).Name);
        }
    }

    [Fact]
    public async Task WhatCannotBeHeldTo_IsRefusedByName()
    {
        using var schema = JsonDocument.Parse("""{"type":"array","uniqueItems":true}""");
        var format = await Assert.ThrowsAsync<ModelException>(() => AskAsync(new ChatOptions { ResponseFormat = ChatResponseFormat.ForJsonSchema(schema.RootElement) }));
        Assert.Equal("schema.unsupported_keyword", format.Error.Code);
        Assert.Contains("uniqueItems", format.Error.Message, StringComparison.Ordinal);
        var none = await Assert.ThrowsAsync<ModelException>(() => AskAsync(new ChatOptions { ToolMode = ChatToolMode.RequireAny }));
        Assert.Equal("tool.none_given", none.Error.Code);
        var bias = await Assert.ThrowsAsync<ModelException>(() => AskAsync(new ChatOptions { LogitBias = new Dictionary<int, float> { [60_000] = 1 } }));
        Assert.Equal("model.unknown_token", bias.Error.Code);
    }

    [Fact]
    public async Task AText_IsContinued_WithoutATemplate()
    {
        var completion = Client().GetService<ITextCompletion>()!;
        var updates = await ReadAsync(completion.CompleteAsync(new TextPrompt("The capital of France is"), new ChatOptions { Temperature = 0, MaxOutputTokens = 8 }, Token));
        Assert.StartsWith(" Paris", string.Concat(updates), StringComparison.Ordinal);
        var gap = await Assert.ThrowsAsync<ModelException>(() =>
            ReadAsync(completion.CompleteAsync(new TextPrompt("def f(", "return x"), new ChatOptions(), Token)));
        Assert.Equal("model.no_infill", gap.Error.Code);
    }

    private Task<List<ChatResponseUpdate>> AskAsync(ChatOptions options) =>
        ReadAsync(Client().GetStreamingResponseAsync("What is the weather in Paris?", options, Token));

    private IChatClient Client() => starters.Models.Chat("smollm2-135m-instruct").Value;

    private static async Task<List<ChatResponseUpdate>> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> updates)
    {
        var read = new List<ChatResponseUpdate>();
        await foreach (var update in updates)
        {
            read.Add(update);
        }

        return read;
    }
}
