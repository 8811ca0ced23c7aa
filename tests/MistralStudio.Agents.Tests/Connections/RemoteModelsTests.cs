using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Agents.Connections;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Agents.Tests.Connections;

/// <summary>Models behind connections, against a server that speaks OpenAI's wire over a socket.</summary>
public sealed class RemoteModelsTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private ConnectionRoom _room = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _room = await ConnectionRoom.OpenAsync();

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    [Fact]
    public async Task AnAnswer_ComesWordByWord_WithItsTokensAndWhatTheyCost()
    {
        _room.Server.Key = ConnectionRoom.Key;
        _room.Server.NextText("Par", "is.");
        var words = new List<string>();
        ChatResponseUpdate last = null!;
        await foreach (var update in _room.Chat().GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "Capital?")], cancellationToken: Token))
        {
            if (update.Text.Length > 0)
            {
                words.Add(update.Text);
            }

            last = update;
        }

        Assert.Equal(["Par", "is."], words);
        var usage = Assert.Single(last.Contents.OfType<UsageContent>()).Details;
        Assert.Equal((11, 7), (usage.InputTokenCount, usage.OutputTokenCount));
        Assert.Equal(((11 * 2m) + (7 * 10m)) / 1_000_000m, last.AdditionalProperties![ModelPrice.CostKey]);
        var seen = Assert.Single(_room.Server.Requests);
        Assert.Equal($"Bearer {ConnectionRoom.Key}", seen.Headers["Authorization"]);
        Assert.Equal("small", seen.Body!["model"]!.GetValue<string>());
    }

    [Fact]
    public async Task AnImage_GoesAsADataUri_ToAModelThatReadsThem_AndToNoStandInThatDoesNot()
    {
        _room.Set = settings => settings with { Models = [new ConnectionModel("small") { ReadsImages = true }] };
        Assert.True(ChatAbilities.Of(_room.Chat()).Images);
        var message = new ChatMessage(ChatRole.User, [new DataContent(Pictures.Png, "image/png"), new TextContent("What is this?")]);
        await _room.Chat().GetResponseAsync([message], cancellationToken: Token);

        var parts = Assert.Single(_room.Server.Requests).Body!["messages"]![0]!["content"]!.AsArray();
        Assert.Equal(["image_url", "text"], parts.Select(part => part!["type"]!.GetValue<string>()));
        Assert.Equal(Pictures.PngUri, parts[0]!["image_url"]!["url"]!.GetValue<string>());

        _room.Server.NextStatus(500).NextStatus(500);
        var (blind, seeing) = (new ScriptedChatClient(_ => "Nothing."), new ScriptedChatClient(_ => "A pixel.") { Abilities = ChatAbilities.Usual with { Images = true } });
        Assert.Equal("A pixel.", (await _room.Chat(next: [blind, seeing]).GetResponseAsync([message], cancellationToken: Token)).Text);
        Assert.Empty(blind.Requests);
        await Assert.ThrowsAsync<ModelException>(() => _room.Chat(next: [blind]).GetResponseAsync([message], cancellationToken: Token));
    }

    [Theory]
    [InlineData(ConnectionKind.Compatible, "gpt-4o", null, true, true)]
    [InlineData(ConnectionKind.OpenAi, "gpt-4o", false, false, true)]
    [InlineData(ConnectionKind.Mistral, "small", null, false, false)]
    [InlineData(ConnectionKind.Mistral, "small", true, true, false)]
    public void AClient_SaysWhatItsServerTakes(ConnectionKind kind, string name, bool? said, bool images, bool logprobs)
    {
        _room.Set = settings => settings with { Kind = kind, Models = [new ConnectionModel(name) { ReadsImages = said }] };
        Assert.Equal(ChatAbilities.Usual with { Images = images, Logprobs = logprobs }, ChatAbilities.Of(_room.Chat(next: [new ScriptedChatClient(_ => "")])));
    }

    [Fact]
    public async Task HowLikelyEachTokenWas_IsAskedFor_AndComesWithItsText()
    {
        _room.Server.NextLogprobs(("Par", -0.5, [("Par", -0.5), ("Lon", -1.5)]), ("is", -0.01, []));
        var updates = await _room.Chat().GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "Capital?")], new ChatOptions { TopLogprobs = 2 }, Token).ToListAsync(Token);

        var body = Assert.Single(_room.Server.Requests).Body!;
        Assert.Equal((true, 2), (body["logprobs"]!.GetValue<bool>(), body["top_logprobs"]!.GetValue<int>()));
        var told = updates.Where(update => update.Logprobs is not null).Select(update => (update.Text, Token: Assert.Single(update.Logprobs!))).ToList();
        Assert.Equal(["Par", "is"], told.Select(found => found.Text));
        Assert.Equal(["Par", "is"], told.Select(found => found.Token.Text));
        Assert.Equal([-0.5f, -0.01f], told.Select(found => found.Token.Logprob));
        Assert.Equal([("Par", -0.5f), ("Lon", -1.5f)], told[0].Token.Top.Select(top => (top.Text, top.Logprob)));
        // The first has its bytes in the answer, the second has none there.
        Assert.Equal("Par"u8.ToArray(), told[0].Token.Bytes);
        Assert.Equal("is"u8.ToArray(), told[1].Token.Bytes);

        await _room.AskAsync();
        Assert.Null(_room.Server.Requests.Last().Body!["logprobs"]);
    }

    [Fact]
    public async Task WithoutAKey_NothingIsSigned()
    {
        await _room.Chat(key: null).GetResponseAsync([new ChatMessage(ChatRole.User, "Hi")], cancellationToken: Token);

        Assert.DoesNotContain("Authorization", Assert.Single(_room.Server.Requests).Headers.Keys);
    }

    [Fact]
    public async Task Azure_IsAskedByDeploymentAndVersion_AndSignedInItsOwnHeader()
    {
        _room.Set = settings => settings with { Kind = ConnectionKind.AzureOpenAi, Address = _room.Server.Root, ApiVersion = "2024-10-21" };

        await _room.AskAsync(new() { MaxOutputTokens = 5 });

        var seen = Assert.Single(_room.Server.Requests);
        Assert.Equal("/openai/deployments/small/chat/completions", seen.Path);
        Assert.Equal("?api-version=2024-10-21", seen.Query);
        Assert.Equal(ConnectionRoom.Key, seen.Headers["api-key"]);
        Assert.DoesNotContain("Authorization", seen.Headers.Keys);
        Assert.Equal(5, seen.Body!["max_completion_tokens"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(ConnectionKind.OpenAi, "max_completion_tokens", "seed", true)]
    [InlineData(ConnectionKind.Compatible, "max_tokens", "seed", true)]
    [InlineData(ConnectionKind.Mistral, "max_tokens", "random_seed", false)]
    public async Task EachKind_IsAskedInItsDialect(ConnectionKind kind, string limit, string seed, bool hasStreamOptions)
    {
        _room.Set = settings => settings with { Kind = kind };

        await _room.AskAsync(new() { MaxOutputTokens = 5, Seed = 42, Temperature = 0.5f });

        var body = Assert.Single(_room.Server.Requests).Body!;
        Assert.Equal(5, body[limit]!.GetValue<int>());
        Assert.Equal(42, body[seed]!.GetValue<int>());
        Assert.Equal(hasStreamOptions, body.ContainsKey("stream_options"));
        Assert.Single(body, field => field.Key is "max_tokens" or "max_completion_tokens");
        Assert.Single(body, field => field.Key is "seed" or "random_seed");
    }

    [Fact]
    public async Task Tools_GoThere_AndTheirCallsComeBackWhole()
    {
        _room.Server.NextToolCall("weather", "{\"city\":", "\"Paris\"}");
        var tool = AIFunctionFactory.Create((string city) => city, "weather", "Tells the weather of a city.");

        var response = await _room.AskAsync(new() { Tools = [tool], ToolMode = ChatToolMode.RequireAny });

        var call = Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal(("weather", "Paris"), (call.Name, call.Arguments!["city"]!.ToString()));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        var body = Assert.Single(_room.Server.Requests).Body!;
        Assert.Equal("weather", body["tools"]![0]!["function"]!["name"]!.GetValue<string>());
        Assert.Equal("required", body["tool_choice"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(401, "connection.unauthorized")]
    [InlineData(403, "connection.forbidden")]
    [InlineData(404, "connection.model_unknown")]
    [InlineData(429, "connection.busy")]
    [InlineData(400, "connection.rejected")]
    [InlineData(422, "connection.rejected")]
    [InlineData(500, "connection.failed")]
    [InlineData(503, "connection.failed")]
    public async Task WhateverTheServerSays_NoFailureHoldsTheKey(int status, string code)
    {
        _room.Server.NextStatus(status, $"The key {ConnectionRoom.Key} will not do.", retryAfter: "120");

        var failure = await Assert.ThrowsAsync<ModelException>(() => _room.AskAsync());

        Assert.Equal(code, failure.Error.Code);
        Assert.Equal(TimeSpan.FromSeconds(120), failure.RetryAfter);
        Assert.DoesNotContain(ConnectionRoom.Key, $"{failure} {failure.Error} {failure.InnerException}", StringComparison.Ordinal);
        Assert.Equal(code == "connection.rejected", failure.Error.Message.Contains("The key (key) will not do", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AServerThatFailsOnce_IsAskedAgain_WithTheSameRequest()
    {
        _room.Set = settings => settings with { Retries = 2, Kind = ConnectionKind.Mistral };
        _room.Server.NextStatus(500, retryAfter: "0").NextStatus(429, retryAfter: "0").NextText("Here.");

        Assert.Equal("Here.", (await _room.AskAsync(new() { MaxOutputTokens = 5 })).Text);

        Assert.Equal(3, _room.Server.Requests.Count);
        Assert.Single(_room.Server.Requests.Select(seen => seen.Body!.ToJsonString()).Distinct());
        Assert.All(_room.Server.Requests, seen => Assert.Equal($"Bearer {ConnectionRoom.Key}", seen.Headers["Authorization"]));
    }

    [Fact]
    public async Task ALongPause_IsNotWaitedFor_ButTold()
    {
        _room.Set = settings => settings with { Retries = 2 };
        _room.Server.NextStatus(429, retryAfter: "60");

        var failure = await Assert.ThrowsAsync<ModelException>(() => _room.AskAsync());

        Assert.Equal(("connection.busy", TimeSpan.FromSeconds(60)), (failure.Error.Code, failure.RetryAfter));
        Assert.Single(_room.Server.Requests);
    }

    [Fact]
    public async Task AServerThatIsSilent_EndsInTime()
    {
        _room.Set = settings => settings with { TimeoutSeconds = 1 };
        _room.Server.NextSilence();

        Assert.Equal("egress.timeout", (await Assert.ThrowsAsync<ModelException>(() => _room.AskAsync())).Error.Code);
    }

    [Fact]
    public async Task AServerThatGoesOnFailing_IsLeftAlone_AndAskedAgainAfterARest()
    {
        await using var room = await ConnectionRoom.OpenAsync(_time);
        for (var i = 0; i < 5; i++)
        {
            room.Server.NextStatus(503);
            Assert.Equal("connection.failed", (await Assert.ThrowsAsync<ModelException>(() => room.AskAsync())).Error.Code);
        }

        var resting = await Assert.ThrowsAsync<ModelException>(() => room.AskAsync());
        Assert.Equal("connection.resting", resting.Error.Code);
        Assert.InRange(resting.RetryAfter!.Value.TotalSeconds, 1, 15);
        Assert.Equal(5, room.Server.Requests.Count);

        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal("Hello there", (await room.AskAsync()).Text);
    }

    [Fact]
    public async Task WhatFailsBeforeItsFirstWord_IsAnsweredByTheNext()
    {
        _room.Server.NextBreak(Task.CompletedTask);
        var spare = new ScriptedChatClient(_ => "From the spare.");

        var updates = await _room.Chat(next: [spare]).GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "Hi")], cancellationToken: Token).ToListAsync(Token);

        Assert.Equal("From the spare.", string.Concat(updates.Select(update => update.Text)));
        Assert.All(updates, update => Assert.Equal("spare/0", update.StandIn));
        await foreach (var update in _room.Chat(next: [spare]).GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "Hi")], cancellationToken: Token))
        {
            Assert.Null(update.StandIn);
        }
    }

    [Fact]
    public async Task WhatBreaksAfterAWord_Fails_AndNobodyFinishesIt()
    {
        var half = new TaskCompletionSource();
        _room.Server.NextBreak(half.Task, "Half a");
        var asked = false;
        var spare = new ScriptedChatClient(_ =>
        {
            asked = true;
            return "other";
        });
        var read = "";

        var failure = await Assert.ThrowsAsync<ModelException>(async () =>
        {
            await foreach (var update in _room.Chat(next: [spare]).GetStreamingResponseAsync([new ChatMessage(ChatRole.User, "Hi")], cancellationToken: Token))
            {
                read += update.Text;
                if (read.Length > 0)
                {
                    half.TrySetResult();
                }
            }
        });

        Assert.Equal(("egress.broken", "Half a", false), (failure.Error.Code, read, asked));
    }

    [Fact]
    public async Task WhereAllFail_TheFirstFailureIsTold_AndAWrongRequestIsWrongEverywhere()
    {
        _room.Server.NextStatus(401).NextStatus(500);
        var failure = await Assert.ThrowsAsync<ModelException>(() => _room.Chat(next: [_room.Chat()])
            .GetResponseAsync([new ChatMessage(ChatRole.User, "Hi")], cancellationToken: Token));
        Assert.Equal(("connection.unauthorized", 2), (failure.Error.Code, _room.Server.Requests.Count));

        _room.Server.NextStatus(400);
        failure = await Assert.ThrowsAsync<ModelException>(() => _room.Chat(next: [_room.Chat()])
            .GetResponseAsync([new ChatMessage(ChatRole.User, "Hi")], cancellationToken: Token));
        Assert.Equal(("connection.rejected", 3), (failure.Error.Code, _room.Server.Requests.Count));
    }

    [Fact]
    public async Task Models_AreListed_AndAServerThatListsNoneSaysSo()
    {
        Assert.Equal(["large", "small"], (await _room.Models.ListAsync(_room.Connection(), Token)).Value);
        _room.Server.Models = null;
        Assert.Equal("connection.cannot_list", (await _room.Models.ListAsync(_room.Connection(), Token)).Error!.Code);
    }

    [Fact]
    public async Task ATest_PassesWhereAnAnswerWould_ListedOrNot()
    {
        Assert.True((await _room.Models.TestAsync(_room.Connection(), Token)).IsSuccess);
        Assert.Empty(_room.Server.Requests);
        _room.Server.Models = ["small:latest"];
        Assert.True((await _room.Models.TestAsync(_room.Connection(), Token)).IsSuccess);
        Assert.Single(_room.Server.Requests);
    }

    [Fact]
    public async Task ATest_SaysWhatIsWrong()
    {
        Assert.Equal("connection.no_models", await TestAsync(settings => settings with { Models = [] }));
        _room.Server.NextStatus(404);
        Assert.Equal("connection.model_unknown", await TestAsync(settings => settings with { Models = [new("huge")] }));
        Assert.Equal("egress.tls", await TestAsync(settings => settings with { Address = new Uri($"https://{_room.Server.Place}/v1") }));
        Assert.Equal("egress.refused", await TestAsync(settings => settings with { Address = new Uri("http://127.0.0.1:9/v1") }));
        Assert.Equal("egress.unknown_host", await TestAsync(settings => settings with { Address = new Uri("https://no-such-host.invalid/v1") }));
        _room.Server.Key = "another";
        Assert.Equal("connection.unauthorized", await TestAsync(settings => settings));

        async Task<string?> TestAsync(Func<ConnectionSettings, ConnectionSettings> set)
        {
            _room.Set = set;
            return (await _room.Models.TestAsync(_room.Connection(), Token)).Error?.Code;
        }
    }

    [Fact]
    public void MistralsWordForAToolThatMustBeCalled_IsItsOwn()
    {
        var body = new JsonObject { ["tool_choice"] = "required", ["store"] = false, ["user"] = "me" };
        RequestDialect.Translate(body, ConnectionKind.Mistral);
        Assert.Equal("""{"tool_choice":"any"}""", body.ToJsonString());
    }
}
