using MistralStudio.Core.Flows;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Runs;

/// <summary>
/// The journal of a run with the way back: where the run stood after any of its events, by the fold that the engine itself uses, and when each
/// node did what. One caller at a time.
/// </summary>
/// <param name="read">Reads the journal after an event, for what is not kept here any more.</param>
/// <param name="mostKept">Events that are kept; of a longer journal the newest.</param>
public sealed class RunTimeline(FlowPlan plan, Func<long, CancellationToken, IAsyncEnumerable<RunEvent>> read, int mostKept = RunTimeline.MostKept)
{
    /// <summary>Events that are kept where nothing else is said.</summary>
    public const int MostKept = 20_000;

    private readonly List<RunEvent> _events = [];
    private readonly List<TimelineMark> _marks = [];
    private readonly Dictionary<string, NodeTrack> _tracks = new(StringComparer.Ordinal);
    private readonly List<NodeTrack> _order = [];
    private RunState? _past;
    private bool _waits;

    /// <summary>The state after the last event.</summary>
    public RunState Now { get; } = new(plan, keepsRounds: true);

    /// <summary>The nodes at the top level that did something, in the order in which they began.</summary>
    public IReadOnlyList<NodeTrack> Tracks => _order;

    /// <summary>Takes the next event of the journal.</summary>
    /// <exception cref="InvalidOperationException">It does not follow from the events before it.</exception>
    public void Append(RunEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        Now.Apply(happened);
        Mark(happened);
        Track(happened);
        _waits = Now.Status is RunStatus.Suspended or RunStatus.Uncertain;
        _events.Add(happened);
        if (_events.Count > mostKept + (mostKept / 4))
        {
            _events.RemoveRange(0, _events.Count - mostKept);
        }
    }

    /// <summary>Where the run stood after an event. It is to be read before the next call.</summary>
    /// <param name="seq">Number of the event; one past the last is the last.</param>
    public async ValueTask<RunState> AtAsync(long seq, CancellationToken cancellationToken)
    {
        if (seq >= Now.LastSeq)
        {
            return Now;
        }

        // On from where somebody looked last, where that is before; otherwise anew. Taken meanwhile: whoever gives up half-way leaves nothing half done.
        var past = _past is { } known && known.LastSeq <= seq ? known : new RunState(plan, keepsRounds: true);
        _past = null;
        if (_events is [{ Seq: var first }, ..] && first <= past.LastSeq + 1)
        {
            for (var i = (int)(past.LastSeq + 1 - first); past.LastSeq < seq; i++)
            {
                past.Apply(_events[i]);
            }
        }
        else
        {
            await foreach (var happened in read(past.LastSeq, cancellationToken))
            {
                if (happened.Seq > seq)
                {
                    break;
                }

                past.Apply(happened);
            }
        }

        return _past = past;
    }

    /// <summary>Events up to one, newest first, as far as they are kept.</summary>
    public IEnumerable<RunEvent> Before(long seq)
    {
        for (var i = KeptBefore(seq) - 1; i >= 0; i--)
        {
            yield return _events[i];
        }
    }

    /// <summary>How many those are.</summary>
    public int KeptBefore(long seq) => _events.Count == 0 ? 0 : (int)Math.Clamp(seq - _events[0].Seq + 1, 0, _events.Count);

    /// <summary>The axis of its time, as it is now.</summary>
    /// <param name="now">The time, up to which what goes on is drawn.</param>
    public TimelineScale Scale(DateTimeOffset now)
    {
        var goesOn = Now.EndedAt is null && !_waits && _marks.Count > 0 ? Math.Max(0, (now - _marks[^1].At).TotalMilliseconds) : 0;
        return new TimelineScale(_marks, goesOn);
    }

    private void Mark(RunEvent happened)
    {
        var last = _marks.Count == 0 ? new TimelineMark(happened.At, 0, 0) : _marks[^1];
        var passed = Math.Max(0, (happened.At - last.At).TotalMilliseconds);
        _marks.Add(_waits ? new TimelineMark(happened.At, last.BusyMs, last.Pauses + 1) : new TimelineMark(happened.At, last.BusyMs + passed, last.Pauses));
    }

    private void Track(RunEvent happened)
    {
        if (happened is RunFinished)
        {
            foreach (var track in _order)
            {
                track.Turn(happened.Seq, null);
            }

            return;
        }

        // What happens inside of a container is its body's; the container itself goes on.
        if (happened.Node.Length == 0 || happened.Node.Contains('/', StringComparison.Ordinal) || Now.Find(happened.Node) is not { } node)
        {
            return;
        }

        if (!_tracks.TryGetValue(happened.Node, out var of))
        {
            if (node.Status is NodeStatus.Skipped or NodeStatus.Pending)
            {
                return;
            }

            _order.Add(of = _tracks[happened.Node] = new NodeTrack(node.Path, node.Plan.Type.Id, node.Plan.Title));
        }

        of.Turn(happened.Seq, node.Status);
    }
}

/// <summary>What a node did when.</summary>
public sealed class NodeTrack(string path, string type, string? title)
{
    private readonly List<NodeSpan> _spans = [];

    /// <summary>Path of the node.</summary>
    public string Path => path;

    /// <summary>Id of its type.</summary>
    public string Type => type;

    /// <summary>Its name for people; null where its author gave none.</summary>
    public string? Title => title;

    /// <summary>Its states one after the other, those in which nothing happens left out.</summary>
    public IReadOnlyList<NodeSpan> Spans => _spans;

    /// <summary>Its state from an event on.</summary>
    internal void Turn(long seq, NodeStatus? status)
    {
        var open = _spans is [.., { To: null } last] ? last : null;
        if (open is not null && open.Status == status)
        {
            return;
        }

        if (open is not null)
        {
            _spans[^1] = open with { To = seq, IsFailed = status == NodeStatus.Failed };
        }

        if (status is NodeStatus.Running or NodeStatus.Waiting or NodeStatus.Retrying or NodeStatus.Uncertain)
        {
            _spans.Add(new NodeSpan(seq, null, status.Value));
        }
        else if (open is null && _spans.Count == 0 && status is NodeStatus.Succeeded or NodeStatus.Reused or NodeStatus.Failed)
        {
            // Done in the same breath.
            _spans.Add(new NodeSpan(seq, seq, status.Value) { IsFailed = status == NodeStatus.Failed });
        }
    }
}

/// <summary>A node in one state.</summary>
/// <param name="From">Number of the event with which it began.</param>
/// <param name="To">Number of the event that ended it; null while it goes on.</param>
public sealed record NodeSpan(long From, long? To, NodeStatus Status)
{
    /// <summary>True where the node failed with its end.</summary>
    public bool IsFailed { get; init; }
}

/// <summary>When an event happened.</summary>
/// <param name="BusyMs">Milliseconds up to it in which the run did not wait.</param>
/// <param name="Pauses">Times up to it that the run waited for somebody, or for its clock.</param>
internal readonly record struct TimelineMark(DateTimeOffset At, double BusyMs, int Pauses);

/// <summary>
/// Places on the axis of a run's time, from 0 to 1. The hours that a run waits for a person take a small fixed width: what it did stays readable.
/// </summary>
public sealed class TimelineScale
{
    private const double ShareOfPause = 0.05;

    private readonly IReadOnlyList<TimelineMark> _marks;
    private readonly double _pause;
    private readonly double _whole;

    internal TimelineScale(IReadOnlyList<TimelineMark> marks, double goesOnMs)
    {
        var (busy, pauses) = marks.Count == 0 ? (0, 0) : (marks[^1].BusyMs, marks[^1].Pauses);
        BusyMs = busy + goesOnMs;
        _marks = marks;
        _pause = Math.Max(1, BusyMs * ShareOfPause);
        _whole = Math.Max(1, BusyMs + (pauses * _pause));
    }

    /// <summary>Milliseconds in which the run did not wait.</summary>
    public double BusyMs { get; }

    /// <summary>The place of an event.</summary>
    public double PlaceOf(long seq) => _marks.Count == 0 ? 0 : Place(_marks[(int)Math.Clamp(seq - 1, 0, _marks.Count - 1)]);

    /// <summary>The place of a time in which the run did not wait.</summary>
    /// <param name="busyMs">Milliseconds since it began, those left out in which it waited.</param>
    public double PlaceOfTime(double busyMs)
    {
        var after = FirstAfter(mark => mark.BusyMs <= busyMs);
        return Math.Clamp((busyMs + ((after == 0 ? 0 : _marks[after - 1].Pauses) * _pause)) / _whole, 0, 1);
    }

    /// <summary>Stretches in which the run waited.</summary>
    public IEnumerable<(double From, double To)> Pauses()
    {
        for (var i = 1; i < _marks.Count; i++)
        {
            if (_marks[i].Pauses > _marks[i - 1].Pauses)
            {
                yield return (Place(_marks[i - 1]), Place(_marks[i]));
            }
        }
    }

    /// <summary>Number of the last event that is no later than a place; the first where there is none.</summary>
    public long EventAt(double place) => Math.Max(1, FirstAfter(mark => Place(mark) <= place));

    // Index of the first mark of which it does not hold; it holds of none after that.
    private int FirstAfter(Func<TimelineMark, bool> holds)
    {
        var (low, high) = (0, _marks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = holds(_marks[middle]) ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private double Place(TimelineMark mark) => (mark.BusyMs + (mark.Pauses * _pause)) / _whole;
}
