using System.Text.Json;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Flows.Tests.Editing;

/// <summary>A person who edits without a plan: any command, on any part, some of which are gone.</summary>
internal sealed class RandomEdits(int seed)
{
    private static readonly string[] s_types = ["template", "code", "approval", "condition", "merge", "unheard-of"];

    private readonly Random _random = new(seed);

    /// <summary>A flow of some nodes, some of them inside of containers, and edges between them.</summary>
    public FlowDefinition Flow()
    {
        var definition = new FlowDefinition { Inputs = [new FlowInput("q", PortType.Text)], Notes = [new FlowNote("Mind the step.")] };
        for (var i = 0; i < _random.Next(0, 30); i++)
        {
            definition = Command(definition, onlyGrows: true).Apply(definition) is { IsSuccess: true } grown ? grown.Value : definition;
        }

        return definition;
    }

    /// <summary>Anything that can be done.</summary>
    public FlowCommand Command(FlowDefinition definition, bool onlyGrows = false)
    {
        var scope = Scope(definition);
        return _random.Next(onlyGrows ? 4 : 16) switch
        {
            0 or 1 => new AddParts(scope, [Node(definition, scope)], []),
            2 or 3 => new ConnectPorts(scope, Edge(definition, scope)),
            4 => new RemoveParts([Path(definition), Path(definition)], [.. Edges(definition).Take(1)], _random.Next(4) == 0 ? [0] : []),
            5 => new MoveParts([.. Enumerable.Range(0, 3).Select(_ => new PlacedPart(Path(definition), Position()))], [new PlacedNote(0, Position())]),
            6 => new ResizeNode(Path(definition), _random.Next(2) == 0 ? null : new FlowSize(_random.Next(500), _random.Next(500))),
            7 => new SetTitle(Path(definition), _random.Next(3) == 0 ? null : $"Step {_random.Next(9)}"),
            8 => new SetId(Path(definition), $"renamed-{_random.Next(9)}"),
            9 => new SetField(Path(definition), Pointer(), _random.Next(3) == 0 ? null : JsonElement.Parse(_random.Next(2) == 0 ? $"{_random.Next(9)}" : """{"a":[1,{"b":"{{ x.text }}"}]}""")),
            10 => new SetPolicy(Path(definition), _random.Next(2) == 0 ? null : new NodePolicy { OnError = OnError.Port, Timeout = TimeSpan.FromSeconds(_random.Next(1, 9)) }),
            11 => new SetNote(_random.Next(3), _random.Next(3) == 0 ? null : new FlowNote("Read this.") { Position = Position() }),
            12 => new SetInputs([new FlowInput($"input_{_random.Next(9)}", PortType.Json)]),
            13 => FlowClipboard.Paste(definition, scope, FlowDefinitions.Read(FlowClipboard.Write(definition, [Path(definition), Path(definition)])) is { IsSuccess: true } copied ? copied.Value : new FlowDefinition(), Position()),
            14 => new MoveInto(scope, [new PlacedPart(Path(definition), Position())]),
            _ => Edges(definition).FirstOrDefault() is { } edge ? new ConnectPorts(edge.Scope, Edge(definition, edge.Scope), edge.Edge) : new SetTitle(Path(definition), "Nothing to reconnect"),
        };
    }

    private FlowNode Node(FlowDefinition definition, string scope)
    {
        var type = _random.Next(5) == 0 ? "for-each" : s_types[_random.Next(s_types.Length)];
        return new FlowNode(FreshIds.Of(type, FreshIds.Taken(definition, scope)), type)
        {
            Position = _random.Next(3) == 0 ? null : Position(),
            Config = _random.Next(2) == 0 ? JsonElement.Parse("""{"template":"{{ template.text }}"}""") : null,
            Body = type == "for-each" ? new FlowBody() : null,
        };
    }

    private FlowPosition Position() => new(_random.Next(-500, 2_000), _random.Next(-500, 2_000));

    private string Pointer() => new[] { "/template", "/a/b", "/list/0", "/list/-", "/a/0/x", "no pointer", "" }[_random.Next(7)];

    private string Scope(FlowDefinition definition)
    {
        var scopes = Scopes.Every(definition).Where(one => one.Scope.Count(letter => letter == '/') < 4).ToList();
        return scopes[_random.Next(scopes.Count)].Scope;
    }

    private string Path(FlowDefinition definition)
    {
        var paths = Scopes.All(definition).Select(one => one.Path).Append("gone").ToList();
        return paths[_random.Next(paths.Count)];
    }

    private FlowEdge Edge(FlowDefinition definition, string scope)
    {
        var ids = Scopes.Find(definition, scope)!.Nodes.Select(node => node.Id).Append(scope.Length == 0 ? "gone" : Scopes.Split(scope).Id).ToList();
        return new FlowEdge($"{ids[_random.Next(ids.Count)]}.text", $"{ids[_random.Next(ids.Count)]}.in{_random.Next(3)}");
    }

    private IEnumerable<EdgePlace> Edges(FlowDefinition definition)
    {
        var all = Scopes.Every(definition).SelectMany(scope => scope.Body.Edges.Select(edge => new EdgePlace(scope.Scope, edge))).ToList();
        return all.Skip(all.Count == 0 ? 0 : _random.Next(all.Count));
    }
}
