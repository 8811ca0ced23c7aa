using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Models;

namespace MistralStudio.Agents.Tests.Nodes.Agent;

/// <summary>A model that calls tools: its turn is the number of its own messages in what it is sent, so that it goes on after a crash as it would have.</summary>
internal sealed class TurningModel(params Func<IReadOnlyList<ChatMessage>, AIContent[]>[] turns) : IChatClient
{
    private readonly List<(IReadOnlyList<ChatMessage> Messages, ChatOptions Options)> _requests = [];

    public IReadOnlyList<(IReadOnlyList<ChatMessage> Messages, ChatOptions Options)> Requests => _requests;

    /// <summary>What a request fails with, by its number from 1; null answers.</summary>
    public Func<int, Error?> Fails { get; set; } = _ => null;

    public bool CallsTools { get; init; } = true;

    /// <summary>What the model says of the tokens it holds; null says nothing.</summary>
    public ITokenCounter? Counter { get; init; }

    /// <summary>Calls of tools as <c>name {"argument": 1}</c>; everything else is words.</summary>
    public static Func<IReadOnlyList<ChatMessage>, AIContent[]> Says(params string[] said) => _ =>
    [
        .. said.Select((one, place) => one.EndsWith('}') && one.IndexOf(" {", StringComparison.Ordinal) is > 0 and var at
            ? (AIContent)new FunctionCallContent($"c{place}", one[..at], JsonSerializer.Deserialize<Dictionary<string, object?>>(one[(at + 1)..], AIJsonUtilities.DefaultOptions))
            : new TextContent(one)),
    ];

    /// <summary>What the tools gave, in order, as the last request has it.</summary>
    public string[] Results => [.. Requests[^1].Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Select(result => (string)result.Result!)];

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        var asked = messages.ToList();
        _requests.Add((asked, options!));
        if (Fails(_requests.Count) is { } error)
        {
            throw new ModelException(error, TimeSpan.FromMilliseconds(1));
        }

        var turn = asked.Count(message => message.Role == ChatRole.Assistant);
        foreach (var content in turns[Math.Min(turn, turns.Length - 1)](asked))
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, [content]);
        }

        yield return new ChatResponseUpdate { Contents = [new UsageContent(new UsageDetails { InputTokenCount = 10, OutputTokenCount = 5 })] };
    }

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatAbilities) ? ChatAbilities.Usual with { Tools = CallsTools } : serviceType == typeof(ITokenCounter) ? Counter : null;

    public void Dispose()
    {
    }
}
