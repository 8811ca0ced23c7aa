using System.Runtime.InteropServices;
using MistralStudio.Inference.Decoders;

namespace MistralStudio.Inference.Engine;

/// <summary>
/// Which conversation is in which slot of a decoder, and what idle slots still hold. Slots 0 to d - 1 decode, slot d holds the prompt that is
/// being computed, those behind keep what finished, for prompts that begin alike; the one that was used longest ago makes place first.
/// </summary>
internal sealed class SlotTable(IDecoder decoder)
{
    private readonly List<Choice> _rows = [];
    private readonly List<int>[] _kept = [.. Enumerable.Range(0, decoder.Slots).Select(_ => new List<int>())];
    private readonly long[] _keptAt = new long[decoder.Slots];
    private long _releases;

    /// <summary>The answers that decode, by slot.</summary>
    public IReadOnlyList<Choice> Rows => _rows;

    /// <summary>The answer whose prompt is being computed, in the slot behind <see cref="Rows"/>.</summary>
    public Choice? Prefilling { get; private set; }

    /// <summary>Slots in which an answer could begin.</summary>
    public int Free => decoder.Slots - _rows.Count - (Prefilling is null ? 0 : 1);

    /// <summary>
    /// Gives a prompt the slot behind the rows, with as much of it as another slot holds. Returns how many tokens those are.
    /// </summary>
    /// <param name="mayReuse">False where the prompt must be computed from its beginning.</param>
    public int BeginPrefill(Choice choice, bool mayReuse)
    {
        // First, so that a decoder that fails here fails this answer too.
        Prefilling = choice;
        var slot = _rows.Count;
        var (from, reused) = mayReuse ? Longest(choice.Generation.Request.Prompt) : (-1, 0);
        if (from > slot && StepPlan.Continues(reused, _kept[from].Count))
        {
            Exchange(slot, from);
        }
        else
        {
            if (from != slot || !StepPlan.Continues(reused, _kept[slot].Count))
            {
                Vacate(slot, from);
            }

            if (reused > 0 && from != slot)
            {
                decoder.Copy(from, slot, reused);
            }
        }

        _kept[slot].Clear();
        return reused;
    }

    /// <summary>The prompt is computed: its answer decodes.</summary>
    public void EndPrefill()
    {
        _rows.Add(Prefilling!);
        Prefilling = null;
    }

    /// <summary>The prompt is not wanted any more; what of it was computed is kept.</summary>
    public void DropPrefill()
    {
        Keep(_rows.Count, Prefilling!);
        Prefilling = null;
    }

    /// <summary>
    /// A further answer to a prompt, in the slot behind the rows. Nothing may be prefilling. One of its siblings decodes, or was just released:
    /// siblings take free slots before anything else does.
    /// </summary>
    public void Fork(Choice choice)
    {
        var slot = _rows.Count;
        var prompt = choice.Generation.Request.Prompt;
        var from = _rows.FindIndex(row => row.Generation == choice.Generation);
        if (from < 0)
        {
            from = Array.FindIndex(_kept, slot, kept => CollectionsMarshal.AsSpan(kept).StartsWith(prompt));
        }

        if (from < 0)
        {
            throw new InvalidOperationException("No slot holds the prompt of an answer that was to begin from it.");
        }

        if (from != slot)
        {
            Vacate(slot, from);
            decoder.Copy(from, slot, prompt.Length);
        }

        _kept[slot].Clear();
        _rows.Add(choice);
    }

    /// <summary>Frees a row's slot: the last row moves into the hole, and what was there is kept behind the rows.</summary>
    public void Release(int row)
    {
        var released = _rows[row];
        var last = _rows.Count - 1;
        if (row != last)
        {
            var moved = _rows[last];
            decoder.Swap(row, released.Computed, last, moved.Computed);
            _rows[row] = moved;
        }

        _rows.RemoveAt(last);
        Keep(last, released);
        if (Prefilling is { } prefilling)
        {
            // The prompt that is being computed stands right behind the rows.
            decoder.Swap(last, _kept[last].Count, last + 1, prefilling.Tokens.Count);
            (_kept[last], _kept[last + 1]) = (_kept[last + 1], _kept[last]);
            _keptAt[last + 1] = _keptAt[last];
            _kept[last].Clear();
        }
    }

    /// <summary>Forgets everything: what the slots hold cannot be relied on.</summary>
    public void Clear()
    {
        _rows.Clear();
        Prefilling = null;
        foreach (var kept in _kept)
        {
            kept.Clear();
        }
    }

    private void Keep(int slot, Choice choice)
    {
        _kept[slot].Clear();
        _kept[slot].AddRange(CollectionsMarshal.AsSpan(choice.Tokens)[..choice.Computed]);
        _keptAt[slot] = ++_releases;
    }

    private (int Slot, int Tokens) Longest(int[] prompt)
    {
        var best = (Slot: -1, Tokens: 0);
        for (var slot = 0; slot < decoder.Slots; slot++)
        {
            var held = slot < _rows.Count
                ? CollectionsMarshal.AsSpan(_rows[slot].Tokens)[.._rows[slot].Computed]
                : CollectionsMarshal.AsSpan(_kept[slot]);
            if (StepPlan.Reusable(held, prompt) is var tokens && tokens > best.Tokens)
            {
                best = (slot, tokens);
            }
        }

        return best;
    }

    // What a slot keeps goes into the idle slot that was used longest ago, unless that is the slot itself.
    private void Vacate(int slot, int except)
    {
        if (_kept[slot].Count < StepPlan.LeastReuse)
        {
            return;
        }

        var oldest = slot;
        for (var other = slot + 1; other < decoder.Slots; other++)
        {
            if (other != except && Age(other) < Age(oldest))
            {
                oldest = other;
            }
        }

        if (oldest != slot)
        {
            decoder.Copy(slot, oldest, _kept[slot].Count);
            (_kept[slot], _kept[oldest]) = (_kept[oldest], _kept[slot]);
            _keptAt[oldest] = _keptAt[slot];
        }
    }

    private long Age(int slot) => _kept[slot].Count == 0 ? 0 : _keptAt[slot];

    private void Exchange(int slot, int other)
    {
        decoder.Swap(slot, _kept[slot].Count, other, _kept[other].Count);
        (_kept[slot], _kept[other]) = (_kept[other], _kept[slot]);
        (_keptAt[slot], _keptAt[other]) = (_keptAt[other], _keptAt[slot]);
    }
}
