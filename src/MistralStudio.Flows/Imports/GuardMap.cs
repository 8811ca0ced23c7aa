namespace MistralStudio.Flows.Imports;

/// <summary>
/// Which branches have to be taken for a part: those that every way to it goes through. An edge that leads back is none.
/// </summary>
internal sealed class GuardMap
{
    private readonly Dictionary<Place, List<(Place From, string? Branch)>> _before = [];
    private readonly Dictionary<Place, IReadOnlyList<(Place Guard, string Branch)>> _known = [];
    private readonly HashSet<Place> _open = [];

    public GuardMap(IEnumerable<ForeignEdge> edges, IEnumerable<Place> places, Dictionary<string, Place> byId)
    {
        foreach (var place in places)
        {
            _before[place] = [];
        }

        foreach (var edge in edges)
        {
            if (byId.GetValueOrDefault(edge.From) is { } from && byId.GetValueOrDefault(edge.To) is { } to && from.Container == to.Container && from != to)
            {
                _before[to].Add((from, edge.Branch));
            }
        }
    }

    public IReadOnlyList<(Place Guard, string Branch)> Of(Place place)
    {
        // Deep chains are walked without the stack of calls.
        var left = new Stack<Place>([place]);
        while (left.TryPeek(out var at))
        {
            if (_known.ContainsKey(at))
            {
                left.Pop();
                continue;
            }

            _open.Add(at);
            var unknown = _before[at].Select(edge => edge.From).FirstOrDefault(from => !_known.ContainsKey(from) && !_open.Contains(from));
            if (unknown is not null)
            {
                left.Push(unknown);
                continue;
            }

            _known[at] = Common(at);
            _open.Remove(at);
            left.Pop();
        }

        return _known[place];
    }

    private IReadOnlyList<(Place Guard, string Branch)> Common(Place place)
    {
        IReadOnlyList<(Place, string)>? common = null;
        foreach (var (from, branch) in _before[place].Where(edge => _known.ContainsKey(edge.From)))
        {
            IReadOnlyList<(Place, string)> way = branch is null ? _known[from] : [.. _known[from], (from, branch)];
            common = common is null ? way : [.. common.Zip(way).TakeWhile(pair => pair.First == pair.Second).Select(pair => pair.First)];
        }

        return common ?? [];
    }
}
