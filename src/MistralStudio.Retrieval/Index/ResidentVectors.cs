using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using MistralStudio.Core.Ids;

namespace MistralStudio.Retrieval.Index;

/// <summary>The segments in memory, each read from the file at the first search of its base and kept up with what is committed.</summary>
internal sealed class ResidentVectors(IndexFile file)
{
    private readonly ConcurrentDictionary<KnowledgeBaseId, Slot> _slots = new();

    private sealed class Slot
    {
        public readonly Lock Gate = new();
        public VectorSegment? Segment;
    }

    /// <summary>The segment of a base; null where it has no vectors.</summary>
    public VectorSegment? Get(KnowledgeBaseId parent)
    {
        var slot = _slots.GetOrAdd(parent, _ => new());
        lock (slot.Gate)
        {
            return slot.Segment ??= Load(parent);
        }
    }

    /// <summary>Follows a committed transaction. A segment that is not loaded will be read as it then is.</summary>
    public void Change(KnowledgeBaseId parent, IReadOnlyList<(long Row, float[] Vector)> added, IReadOnlyList<long> removed)
    {
        var slot = _slots.GetOrAdd(parent, _ => new());
        lock (slot.Gate)
        {
            if (slot.Segment is not { } segment)
            {
                return;
            }

            // One of another length is by another model: nothing compares it.
            foreach (var (row, vector) in added.Where(item => item.Vector.Length == segment.Dimensions))
            {
                segment.Append(row, vector);
            }

            foreach (var row in removed)
            {
                segment.Remove(row);
            }

            // Struck-out rows cost as much as others; past a quarter the segment is read afresh.
            if (segment.Removed * 4 > segment.Count)
            {
                slot.Segment = null;
            }
        }
    }

    /// <summary>Forgets a base whose rows are gone.</summary>
    public void Drop(KnowledgeBaseId parent) => _slots.TryRemove(parent, out _);

    private VectorSegment? Load(KnowledgeBaseId parent)
    {
        using var connection = file.Connect();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT row, vector FROM passages INDEXED BY passages_base WHERE base = $base ORDER BY row;";
        select.Parameters.AddWithValue("$base", EmbeddedIndex.Bytes(parent.Value));
        using var reader = select.ExecuteReader();
        VectorSegment? segment = null;
        while (reader.Read())
        {
            var vector = MemoryMarshal.Cast<byte, float>((byte[])reader[1]);
            segment ??= new VectorSegment(vector.Length);
            if (vector.Length == segment.Dimensions)
            {
                segment.Append(reader.GetInt64(0), vector);
            }
        }

        return segment;
    }
}
