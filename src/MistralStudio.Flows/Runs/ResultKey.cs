using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;

namespace MistralStudio.Flows.Runs;

/// <summary>Names the result of a node by everything that it depends on.</summary>
internal static class ResultKey
{
    /// <summary>SHA-256, lower-case hex.</summary>
    /// <param name="accessSet">What the run may read; empty for a pure node.</param>
    /// <param name="generation">State of what the node reads; empty for a pure node.</param>
    public static string Of(
        WorkspaceId workspace, string accessSet, NodePlan node, IEnumerable<KeyValuePair<string, FlowValue>> inputs, string generation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, workspace.ToString());
        Add(hash, accessSet);
        Add(hash, node.Type.Id);
        Add(hash, node.Type.Version.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Add(hash, node.ConfigHash);
        Add(hash, generation);
        foreach (var (port, value) in inputs.OrderBy(input => input.Key, StringComparer.Ordinal))
        {
            Add(hash, port);
            Add(hash, value.Utf8);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, string text) => Add(hash, Encoding.UTF8.GetBytes(text));

    // With its length, so that no two lists of parts are one text.
    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
