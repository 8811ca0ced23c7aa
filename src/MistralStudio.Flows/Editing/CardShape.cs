using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>
/// How large the card of a node is and where its outcomes are on it, in pixels of the canvas. The sizes follow from what the node is, so that
/// nothing on a canvas has to be measured.
/// </summary>
/// <param name="RowsAt">Where the first outcome's row begins; each is <see cref="Row"/> high.</param>
public sealed record CardShape(double Width, double Height, double RowsAt, bool IsContainer = false)
{
    /// <summary>Cards stand on a grid of this.</summary>
    public const double Grid = 16;

    /// <summary>Width of a card.</summary>
    public const double Card = 184;

    /// <summary>Height of what names the node.</summary>
    public const double Head = 48;

    /// <summary>Height of an outcome.</summary>
    public const double Row = 22;

    /// <summary>Height of the line of facts at the bottom.</summary>
    public const double Facts = 32;

    /// <summary>Room beside the inside of a container, for what it gives and takes back.</summary>
    public const double InsetX = 40;

    /// <summary>Room above the inside of a container.</summary>
    public const double InsetTop = 64;

    /// <summary>Room below the inside of a container.</summary>
    public const double InsetBottom = 24;

    /// <summary>The shape of a node's card. Of a container: that without anything inside.</summary>
    public static CardShape Of(FlowNode node, NodeLook look, bool isNote)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(look);
        if (isNote)
        {
            return new CardShape(node.Size?.Width ?? Card, node.Size?.Height ?? 96, 0);
        }

        if (node.Body is not null)
        {
            return new CardShape(Math.Max(node.Size?.Width ?? 0, (2 * InsetX) + Card), Math.Max(node.Size?.Height ?? 0, InsetTop + Head + InsetBottom), 0, IsContainer: true);
        }

        var rows = look.Outputs.Count(port => port.IsBranch);
        var people = node.Type is "approval" ? 2 : 0;
        var at = Head + (people * 20) + (people > 0 ? 12 : 4);
        var height = people > 0 ? at + (rows * Row) + 6 : rows > 0 ? at + (rows * Row) + 4 + Facts : Head + Facts;
        // In-ports stand below each other at the left.
        return new CardShape(Card, Math.Max(height, 40 + ((look.Inputs.Count - 1) * Row) + 24), at);
    }
}
