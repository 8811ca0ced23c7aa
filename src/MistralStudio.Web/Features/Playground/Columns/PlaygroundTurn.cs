using MistralStudio.Core.Conversations;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Playground.Columns;

/// <summary>A question with what each column answered.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="Question">As the first column has it.</param>
/// <param name="Cells">One for each column.</param>
public sealed record PlaygroundTurn(int Index, ChatEntry Question, IReadOnlyList<TurnCell> Cells)
{
    /// <summary>Lines the turns of threads up by their place; the first one says how many there are.</summary>
    public static IReadOnlyList<PlaygroundTurn> Align(IEnumerable<IReadOnlyList<ChatEntry>> columns)
    {
        var threads = columns.Select(Split).ToList();
        return
        [
            .. threads[0].Select((cell, i) => new PlaygroundTurn(
                i, cell.Question!, [.. threads.Select(thread => i < thread.Count ? thread[i] with { IsLast = i == thread.Count - 1 } : new TurnCell(null, null))])),
        ];
    }

    private static List<TurnCell> Split(IReadOnlyList<ChatEntry> thread)
    {
        var cells = new List<TurnCell>();
        foreach (var entry in thread)
        {
            if (entry.Role == MessageRole.User)
            {
                cells.Add(new(entry, null));
            }
            else if (cells is [.., { Answer: null }])
            {
                cells[^1] = cells[^1] with { Answer = entry };
            }
        }

        return cells;
    }
}

/// <summary>A turn in one column.</summary>
/// <param name="Question">The column's own message; null where it was not asked.</param>
/// <param name="Answer">Null while there is none.</param>
public sealed record TurnCell(ChatEntry? Question, ChatEntry? Answer)
{
    /// <summary>True for the column's last turn, which may be answered again.</summary>
    public bool IsLast { get; init; }
}
