using System.Text.Json.Nodes;

namespace MistralStudio.Flows.Tests;

/// <summary>Writes definitions in few words.</summary>
internal static class Flow
{
    /// <summary>A flow of one text input <c>q</c>.</summary>
    public static string Of(string nodes, string edges, string inputs = """[{"name":"q","type":"text"}]""", string more = "") =>
        $$"""{"schema":"mistralstudio.flow/1","nodes":[{{nodes}}],"edges":[{{Edges(edges)}}],"inputs":{{inputs}}{{more}}}""";

    /// <summary>A node; a start needs none of the rest.</summary>
    public static string Node(string id, string type = "work", string config = "{}", string more = "") =>
        $$"""{"id":"{{id}}","type":"{{type}}","config":{{config}}{{more}}}""";

    public static string Start => Node("start", "start");

    /// <summary>Edges as <c>a.text b.x, b.text c.y</c>.</summary>
    public static string Edges(string edges) => string.Join(',', edges.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(edge => edge.Split(' ')).Select(ends => new JsonObject { ["from"] = ends[0], ["to"] = ends[1] }.ToJsonString()));

    public static string Body(string nodes, string edges) => $$""","body":{"nodes":[{{nodes}}],"edges":[{{Edges(edges)}}]}""";
}
