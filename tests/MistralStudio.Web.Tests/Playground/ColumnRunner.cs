using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>A runner of several models at once: each turn waits for what a test has that model say.</summary>
internal sealed class ColumnRunner : IAgentRunner
{
    private readonly ConcurrentDictionary<string, Channel<AgentEvent>> _scripts = [];
    private readonly ConcurrentDictionary<string, Channel<AgentTurn>> _begun = [];

    /// <summary>What hosts its turns.</summary>
    public ChatTurns Hosted => field ??= new ChatTurns(this, TimeProvider.System, NullLogger<ChatTurns>.Instance);

    /// <summary>The turns that were asked for.</summary>
    public ConcurrentQueue<AgentTurn> Turns { get; } = [];

    /// <summary>The next turn of a model that was not looked at yet, once it has begun.</summary>
    public ValueTask<AgentTurn> NextAsync(string model) => Begun(model).Reader.ReadAsync(TestContext.Current.CancellationToken);

    public void Say(string model, string text) => Script(model).Writer.TryWrite(new AgentEvent.TextDelta(text));

    public void End(string model) => Script(model).Writer.TryWrite(new AgentEvent.Completed("stop", [], new TokenUsage(10, 3), new TurnTimings(0, 1, 2, 3, 4, 5, 6)));

    public void Fail(string model, Error error) => Script(model).Writer.TryWrite(new AgentEvent.Failed(error));

    public async IAsyncEnumerable<AgentEvent> RunAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Turns.Enqueue(turn);
        Begun(turn.Model.ToString()).Writer.TryWrite(turn);
        await foreach (var happened in Script(turn.Model.ToString()).Reader.ReadAllAsync(cancellationToken))
        {
            yield return happened;
            if (happened is AgentEvent.Completed or AgentEvent.Failed)
            {
                yield break;
            }
        }
    }

    private Channel<AgentTurn> Begun(string model) => _begun.GetOrAdd(model, _ => Channel.CreateUnbounded<AgentTurn>());

    private Channel<AgentEvent> Script(string model) => _scripts.GetOrAdd(model, _ => Channel.CreateUnbounded<AgentEvent>());
}
