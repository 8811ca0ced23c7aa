using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using MistralStudio.Core.Agents;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Tests.Chat;

/// <summary>A runner whose events a test writes, one turn after the other.</summary>
internal sealed class ScriptedRunner : IAgentRunner
{
    private readonly List<Channel<AgentEvent>> _scripts = [Channel.CreateUnbounded<AgentEvent>()];

    public List<AgentTurn> Turns { get; } = [];

    /// <summary>What hosts its turns.</summary>
    public ChatTurns Hosted => field ??= new ChatTurns(this, TimeProvider.System, NullLogger<ChatTurns>.Instance);

    /// <summary>The next words of the turn that is being written, which may not have begun yet.</summary>
    public void Say(string text) => _scripts[^1].Writer.TryWrite(new AgentEvent.TextDelta(text));

    /// <summary>Whatever else happens in that turn.</summary>
    public void Happen(AgentEvent happened) => _scripts[^1].Writer.TryWrite(happened);

    /// <summary>Ends that turn; what is said next belongs to the one after.</summary>
    public void End(string reason = "stop")
    {
        _scripts[^1].Writer.TryWrite(new AgentEvent.Completed(reason, [], new TokenUsage(44, 12), new TurnTimings(0, 1, 20, 100, 25, 121, 110)));
        _scripts[^1].Writer.Complete();
        _scripts.Add(Channel.CreateUnbounded<AgentEvent>());
    }

    public async IAsyncEnumerable<AgentEvent> RunAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var script = _scripts[Turns.Count];
        Turns.Add(turn);
        var hasWords = false;
        while (await MayReadAsync())
        {
            while (script.Reader.TryRead(out var happened))
            {
                hasWords |= happened is AgentEvent.TextDelta;
                yield return happened;
            }
        }

        if (cancellationToken.IsCancellationRequested)
        {
            if (hasWords)
            {
                yield return new AgentEvent.Stopped(new TokenUsage(31, 7), new TurnTimings(0, 1, 20, 60, 25, 85, 100));
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        async ValueTask<bool> MayReadAsync()
        {
            try
            {
                return await script.Reader.WaitToReadAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }
}
