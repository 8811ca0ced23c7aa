using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace MistralStudio.Tests.Shared.Qdrant;

/// <summary>Snapshots of the double: bytes that stand for a state of a collection.</summary>
internal sealed class DoubleSnapshots
{
    private readonly Dictionary<string, (byte[] Bytes, DoubleCollection State)> _snapshots = new(StringComparer.Ordinal);

    public (int Status, object? Answer) Answer(string method, DoubleCollection collection, string[] rest)
    {
        switch (method, rest)
        {
            case ("POST", []):
                var name = string.Create(CultureInfo.InvariantCulture, $"{collection.Name}-{DoubleInfo.Peer}-{_snapshots.Count + 1}.snapshot");
                _snapshots[name] = (Encoding.UTF8.GetBytes($"{name} {collection.Points.Count}"), collection.Copy(collection.Name));
                return DoubleRoutes.Ok(Describe(name));
            case ("GET", []):
                return DoubleRoutes.Ok(new JsonArray([.. _snapshots.Keys.Where(key => key.StartsWith(collection.Name, StringComparison.Ordinal)).Select(key => (JsonNode)Describe(key))]));
            case ("GET", [var wanted]):
                return _snapshots.TryGetValue(wanted, out var found) ? (200, found.Bytes) : (404, $"Not found: Snapshot {wanted} not found");
            case ("DELETE", [var wanted]):
                return _snapshots.Remove(wanted) ? DoubleRoutes.Ok(true) : throw new DoubleFailure(404, $"Not found: Snapshot {wanted} not found");
            default:
                return (404, null);
        }
    }

    /// <summary>The collection of an uploaded snapshot, whose checksum must be the one that the request says.</summary>
    public DoubleCollection Restore(string name, HttpRequest request, byte[] body)
    {
        var text = Encoding.Latin1.GetString(body);
        var snapshot = _snapshots.Values.Single(item => text.Contains(Encoding.Latin1.GetString(item.Bytes), StringComparison.Ordinal));
        var actual = Checksum(snapshot.Bytes);
        var expected = request.Query["checksum"].ToString();
        return expected.Length == 0 || expected == actual
            ? snapshot.State.Copy(name)
            : throw new DoubleFailure(400, $"Checksum mismatch: expected {actual}, actual {expected}");
    }

    private JsonObject Describe(string name) => new()
    {
        ["name"] = name,
        ["creation_time"] = "2026-11-23T15:59:51",
        ["size"] = _snapshots[name].Bytes.Length,
        ["checksum"] = Checksum(_snapshots[name].Bytes),
    };

    private static string Checksum(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
