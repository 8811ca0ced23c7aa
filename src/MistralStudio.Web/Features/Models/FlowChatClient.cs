using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Models;

/// <summary>
/// A published flow as a model. What the person said last goes to its first text input, and the whole conversation to an input named
/// <c>messages</c>; its text streams while the flow's answer grows.
/// </summary>
public sealed class FlowChatClient(WorkspaceId workspace, CallableFlow flow, IFlowCalls calls) : IChatClient
{
    private const string MessagesInput = "messages";

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var deltas = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
        var call = new FlowCall(workspace, flow.Reference, Inputs([.. messages]))
        {
            Trigger = RunTrigger.Model,
            Depth = options?.Depth ?? 0,
            Stream = text => deltas.Writer.WriteAsync(text, CancellationToken.None),
        };
        var answering = CallAsync(call, deltas.Writer, cancellationToken);
        var streamed = 0;
        await foreach (var delta in deltas.Reader.ReadAllAsync(cancellationToken))
        {
            streamed += delta.Length;
            yield return new(ChatRole.Assistant, delta);
        }

        var answer = await answering;
        if (!answer.IsSuccess)
        {
            throw new ModelException(answer.Error);
        }

        // What did not stream comes whole: an answer that no model wrote, or what was said before somebody listened.
        var text = answer.Value.Text;
        if (streamed < text.Length)
        {
            yield return new(ChatRole.Assistant, text[streamed..]);
        }

        yield return End(answer.Value);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey switch
    {
        not null => null,
        _ when serviceType == typeof(ChatAbilities) => ChatAbilities.TextOnly,
        _ => serviceType.IsInstanceOfType(this) ? this : null,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private async Task<Result<FlowAnswer>> CallAsync(FlowCall call, ChannelWriter<string> deltas, CancellationToken cancellationToken)
    {
        try
        {
            return await calls.CallAsync(call, cancellationToken);
        }
        finally
        {
            deltas.TryComplete();
        }
    }

    private Dictionary<string, JsonElement> Inputs(List<ChatMessage> messages)
    {
        var inputs = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (flow.Inputs.Contains(MessagesInput))
        {
            inputs[MessagesInput] = JsonSerializer.SerializeToElement(messages.Select(message => new { role = message.Role.Value, content = message.Text }), FlowJson.Relaxed);
        }

        if (flow.Inputs.FirstOrDefault(name => name != MessagesInput) is { } said)
        {
            var last = messages.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";
            inputs[said] = JsonSerializer.SerializeToElement(last, FlowJson.Relaxed);
        }

        return inputs;
    }

    private static ChatResponseUpdate End(FlowAnswer answer) => new(ChatRole.Assistant,
    [
        new UsageContent(new()
        {
            InputTokenCount = answer.Usage.InputTokens,
            OutputTokenCount = answer.Usage.OutputTokens,
            TotalTokenCount = answer.Usage.InputTokens + answer.Usage.OutputTokens,
        }),
    ])
    {
        FinishReason = ChatFinishReason.Stop,
        AdditionalProperties = new() { [ModelPrice.CostKey] = answer.Usage.Cost },
    };
}
