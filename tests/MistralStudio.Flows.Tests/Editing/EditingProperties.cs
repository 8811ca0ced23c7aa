using FsCheck.Xunit;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Flows.Tests.Editing;

/// <summary>What holds for everything that people do to flows, in whatever order.</summary>
public sealed class EditingProperties
{
    [Property(MaxTest = 300)]
    public void AnyCommands_AllUndone_GiveTheSameDefinition_AndAllDoneAgainTheOtherOne(int seed)
    {
        var edits = new RandomEdits(seed);
        var before = edits.Flow();
        var editor = new FlowEditor(before);
        for (var i = 0; i < 40; i++)
        {
            editor.Do(edits.Command(editor.Definition), "Bo");
        }

        var after = FlowDefinitions.Write(editor.Definition);
        while (editor.NextUndo("Bo") is not null)
        {
            Assert.True(editor.Undo("Bo").IsSuccess);
        }

        Assert.Equal(FlowDefinitions.Write(before), FlowDefinitions.Write(editor.Definition));
        while (editor.NextRedo("Bo") is not null)
        {
            Assert.True(editor.Redo("Bo").IsSuccess);
        }

        Assert.Equal(after, FlowDefinitions.Write(editor.Definition));
    }

    [Property(MaxTest = 200)]
    public void EveryChange_BringsAWatcherToTheSameDefinition(int seed)
    {
        var edits = new RandomEdits(seed);
        var editor = new FlowEditor(edits.Flow());
        var (watched, revision) = (editor.Definition, 0L);
        for (var i = 0; i < 30; i++)
        {
            var edit = i % 5 == 4 && editor.NextUndo("Bo") is not null ? editor.Undo("Bo") : editor.Do(edits.Command(editor.Definition), "Bo");
            if (edit is { IsSuccess: true, Value: { } change })
            {
                Assert.Equal(revision + 1, change.Revision);
                (watched, revision) = (change.Delta.Apply(watched), change.Revision);
                Assert.Equal(FlowDefinitions.Write(editor.Definition), FlowDefinitions.Write(watched));
            }
        }
    }

    [Property(MaxTest = 200)]
    public void TwoPeople_UndoTheirOwn_AndNeverBreakTheDefinition(int seed)
    {
        var edits = new RandomEdits(seed);
        var random = new Random(seed);
        var editor = new FlowEditor(edits.Flow());
        for (var i = 0; i < 40; i++)
        {
            var who = random.Next(2) == 0 ? "Bo" : "Kim";
            _ = random.Next(3) == 0 && editor.NextUndo(who) is not null ? editor.Undo(who) : editor.Do(edits.Command(editor.Definition), who);
            foreach (var (_, body) in Scopes.Every(editor.Definition))
            {
                Assert.Equal(body.Nodes.Count, body.Nodes.DistinctBy(node => node.Id).Count());
                Assert.Equal(body.Edges.Count, body.Edges.Distinct().Count());
            }
        }
    }

    [Property(MaxTest = 150)]
    public void Layout_IsTheSameEveryTime_AndNothingLiesAboveAnythingElse(int seed)
    {
        var edits = new RandomEdits(seed);
        var definition = edits.Flow();
        CardShape Shape(string path, FlowNode node) => CardShape.Of(node, NodeLook.Unknown, isNote: false);

        var places = AutoLayout.Arrange(definition, Shape);

        Assert.Equal(places, AutoLayout.Arrange(definition, Shape));
        Assert.Equal(Scopes.All(definition).Count(), places.Count);
        Assert.All(places, place => Assert.True(place.Position is { X: >= 0, Y: >= 0 } && place.Position.X % CardShape.Grid == 0 && place.Position.Y % CardShape.Grid == 0));
        var arranged = new MoveParts(places, []).Apply(definition).Value;
        foreach (var (scope, body) in Scopes.Every(arranged))
        {
            var boxes = body.Nodes.Select(node => (node.Position!.X, node.Position.Y, Size: SizeOf(node))).ToList();
            for (var i = 0; i < boxes.Count; i++)
            {
                for (var j = i + 1; j < boxes.Count; j++)
                {
                    var (a, b) = (boxes[i], boxes[j]);
                    Assert.False(a.X < b.X + b.Size.Width && b.X < a.X + a.Size.Width && a.Y < b.Y + b.Size.Height && b.Y < a.Y + a.Size.Height, $"{scope}: {body.Nodes[i].Id} lies on {body.Nodes[j].Id}");
                }
            }
        }
    }

    private static (double Width, double Height) SizeOf(FlowNode node)
    {
        var own = CardShape.Of(node, NodeLook.Unknown, isNote: false);
        var inside = (node.Body?.Nodes ?? []).Select(one => (one.Position!, SizeOf(one))).ToList();
        return inside.Count == 0
            ? (own.Width, own.Height)
            : (Math.Max(own.Width, inside.Max(one => one.Item1.X + one.Item2.Width) + (2 * CardShape.InsetX)),
               Math.Max(own.Height, inside.Max(one => one.Item1.Y + one.Item2.Height) + CardShape.InsetTop + CardShape.InsetBottom));
    }
}
