using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Flows.Editing;

/// <summary>Puts a value into a node's configuration.</summary>
/// <param name="Pointer">JSON pointer into the configuration; objects on the way are made, <c>-</c> is the end of a list; empty: all of it.</param>
/// <param name="Value">Null takes the member or item away.</param>
public sealed record SetField(string Path, string Pointer, JsonElement? Value) : FlowCommand
{
    /// <inheritdoc/>
    public override string Name => "Settings";

    /// <inheritdoc/>
    public override string? Together => $"field/{Path}{Pointer}";

    /// <inheritdoc/>
    public override Result<FlowDefinition> Apply(FlowDefinition definition)
    {
        if (Scopes.FindNode(definition, Path) is not { } node)
        {
            return EditErrors.NoSuchNode(Path);
        }

        // Canonical, so that no object has two members of one name.
        var root = node.Config is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } config ? Node(config) : new JsonObject();
        var put = Value is { ValueKind: not JsonValueKind.Undefined } value ? Node(value) : null;
        if (Pointer.Length == 0)
        {
            root = Value is null ? new JsonObject() : put;
        }
        else if (!Pointer.StartsWith('/') || !Put(root, [.. Pointer[1..].Split('/').Select(Unescape)], put, isRemoval: Value is null))
        {
            return EditErrors.BadField(Pointer);
        }

        var after = JsonSerializer.SerializeToElement(root, FlowJson.Relaxed);
        return Scopes.WithNode(definition, Path, found => found with { Config = after })!;
    }

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(CanonicalJson.Write(value), documentOptions: new JsonDocumentOptions { MaxDepth = 128 });

    private static bool Put(JsonNode? root, string[] path, JsonNode? value, bool isRemoval)
    {
        var at = root;
        for (var i = 0; i < path.Length; i++)
        {
            var isLast = i == path.Length - 1;
            switch (at)
            {
                case JsonObject members when isLast && isRemoval:
                    members.Remove(path[i]);
                    return true;
                case JsonObject members when isLast:
                    members[path[i]] = value;
                    return true;
                case JsonObject members:
                    if (members[path[i]] is not { } next)
                    {
                        if (isRemoval)
                        {
                            return true;
                        }

                        members[path[i]] = next = IsPlace(path[i + 1]) ? new JsonArray() : new JsonObject();
                    }

                    at = next;
                    break;
                case JsonArray items when Index(path[i], items.Count, !isRemoval) is { } index:
                    if (isLast && isRemoval)
                    {
                        items.RemoveAt(index);
                        return true;
                    }

                    if (isLast)
                    {
                        if (index == items.Count)
                        {
                            items.Add(value);
                        }
                        else
                        {
                            items[index] = value;
                        }

                        return true;
                    }

                    if (index == items.Count)
                    {
                        items.Add(IsPlace(path[i + 1]) ? new JsonArray() : new JsonObject());
                    }

                    at = items[index];
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    private static bool IsPlace(string name) => name == "-" || int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static int? Index(string name, int count, bool mayAppend) => name == "-" && mayAppend ? count
        : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && (index < count || (mayAppend && index == count)) ? index : null;

    private static string Unescape(string name) => name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
