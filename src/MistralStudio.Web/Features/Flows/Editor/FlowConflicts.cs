using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>Something that was changed on this page, and that somebody else changed after.</summary>
/// <param name="Path">Path of the node.</param>
/// <param name="Field">JSON pointer into the node; null where they removed it.</param>
/// <param name="By">The page of whoever it was.</param>
/// <param name="PutBack">Makes it as it was here.</param>
public sealed record FlowConflict(string Path, string? Field, object By, FlowCommand PutBack);

/// <summary>
/// Knows what was changed on one page, and notices where somebody else overwrites it. The later one counts, and whoever was there before can put
/// theirs back, which is a change like any other. Places on the canvas are nobody's.
/// </summary>
public sealed class FlowConflicts(object page)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Path, string Field), (string Value, FlowCommand PutBack)> _mine = [];
    private List<FlowConflict> _open = [];

    /// <summary>What nobody has decided about, the newest last.</summary>
    public IReadOnlyList<FlowConflict> Open
    {
        get
        {
            lock (_gate)
            {
                return _open;
            }
        }
    }

    /// <summary>Takes in what somebody did, here or on another page.</summary>
    public void Take(FlowEdit edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        lock (_gate)
        {
            var renames = edit.Delta.Renames.ToDictionary(rename => rename.Before, rename => rename.After, StringComparer.Ordinal);
            foreach (var scope in edit.Delta.Scopes)
            {
                foreach (var change in scope.Nodes)
                {
                    Take(scope, change, renames, edit.By);
                }
            }
        }
    }

    /// <summary>Somebody decided.</summary>
    public void Drop(FlowConflict conflict)
    {
        lock (_gate)
        {
            _open = [.. _open.Where(one => one != conflict)];
        }
    }

    private void Take(ScopeChange scope, NodeChange change, Dictionary<string, string> renames, object by)
    {
        var path = Scopes.Join(scope.Scope, change.Id);
        var isOwn = ReferenceEquals(by, page);
        switch (change)
        {
            case { Before: { } before, After: { } after }:
                foreach (var field in DefinitionDiff.Of(before, after))
                {
                    Take(path, field, after, by, isOwn);
                }

                break;
            case { Before: not null, After: null } when renames.TryGetValue(path, out var renamed):
                Rename(path, renamed);
                break;
            case { Before: { } gone, After: null }:
                var had = Of(path).Count > 0;
                Of(path).ForEach(key => _mine.Remove(key));
                _open = [.. _open.Where(one => one.Path != path)];
                if (had && !isOwn)
                {
                    var edges = scope.Edges is { } both ? both.Before.Except(both.After).Where(edge => FlowEdge.NodeOf(edge.From) == change.Id || FlowEdge.NodeOf(edge.To) == change.Id) : [];
                    _open = [.. _open, new FlowConflict(path, null, by, new AddParts(scope.Scope, [gone], [.. edges]))];
                }

                break;
        }
    }

    private void Take(string path, FieldChange field, FlowNode after, object by, bool isOwn)
    {
        if (KeyOf(field.Pointer) is not { } name)
        {
            return;
        }

        var key = (path, name);
        var value = name == "/policy" ? $"{after.Policy}" : field.After?.GetRawText() ?? "";
        var others = _open.Where(one => one.Path != path || one.Field != name);
        if (isOwn)
        {
            _open = [.. others];
            _mine[key] = (value, PutBack(path, name, field, after));
        }
        else if (_mine.TryGetValue(key, out var mine))
        {
            // Theirs may be what was here, as when they undo.
            _open = mine.Value == value ? [.. others] : [.. others, new FlowConflict(path, name, by, mine.PutBack)];
        }
    }

    private List<(string Path, string Field)> Of(string path) => [.. _mine.Keys.Where(key => key.Path == path)];

    private void Rename(string from, string to)
    {
        foreach (var key in Of(from))
        {
            _mine.Remove(key, out var mine);
            _mine[(to, key.Field)] = (mine.Value, At(mine.PutBack, to));
        }

        _open = [.. _open.Select(one => one.Path == from ? one with { Path = to, PutBack = At(one.PutBack, to) } : one)];
    }

    private static FlowCommand At(FlowCommand command, string path) => command switch
    {
        SetTitle title => title with { Path = path },
        SetPolicy policy => policy with { Path = path },
        SetField field => field with { Path = path },
        _ => command,
    };

    // A policy is one thing; of the settings each is.
    private static string? KeyOf(string pointer) =>
        pointer.StartsWith("/config", StringComparison.Ordinal) || pointer == "/title" ? pointer : pointer.StartsWith("/policy", StringComparison.Ordinal) ? "/policy" : null;

    private static FlowCommand PutBack(string path, string name, FieldChange field, FlowNode after) => name switch
    {
        "/title" => new SetTitle(path, after.Title),
        "/policy" => new SetPolicy(path, after.Policy),
        _ => new SetField(path, name["/config".Length..], field.After),
    };
}
