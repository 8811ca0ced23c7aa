using System.Text.Json;
using MistralStudio.Inference.ChatTemplates.Jinja;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.ChatTemplates.Jinja;

/// <summary>36 chat templates of open models, twelve conversations each, against what transformers makes of them.</summary>
public sealed class GoldenTemplateTests
{
    private static readonly DateTimeOffset s_now = new(2025, 3, 14, 15, 9, 26, TimeSpan.Zero);

    [Fact]
    public void Render_GivesTheReferenceText_OrItsError_ForEveryTemplateAndConversation()
    {
        var folder = SharedData.Require("data", "chat-templates");
        var templates = Directory.GetFiles(Path.Combine(folder, "templates")).ToDictionary(path => Path.GetFileName(path)!, path => JinjaTemplate.Parse(File.ReadAllText(path)));
        Assert.Equal(36, templates.Count);
        var (rendered, failed) = (0, 0);
        var wrong = new List<string>();
        foreach (var line in File.ReadLines(Path.Combine(folder, "golden.jsonl")))
        {
            using var golden = JsonDocument.Parse(line);
            var root = golden.RootElement;
            var name = $"{root.GetProperty("template").GetString()} {root.GetProperty("case").GetString()}";
            var expected = root.TryGetProperty("expected", out var text) ? text.GetString()! : $"error: {root.GetProperty("error").GetString()}";
            string actual;
            try
            {
                actual = templates[root.GetProperty("template").GetString()!].Render(Variables(root.GetProperty("input")), s_now).Value;
                rendered += actual == expected ? 1 : 0;
            }
            catch (JinjaException error)
            {
                actual = $"error: {error.Message}";
                failed += actual == expected ? 1 : 0;
            }

            if (actual != expected)
            {
                var at = expected.AsSpan().CommonPrefixLength(actual);
                wrong.Add($"{name} at {at}: {JsonSerializer.Serialize(Around(expected, at))} became {JsonSerializer.Serialize(Around(actual, at))}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong)}");
        Assert.Equal((376, 56), (rendered, failed));
    }

    internal static IEnumerable<KeyValuePair<string, object?>> Variables(JsonElement input) =>
        ((JinjaMap)JsonValues.Of(input)!).Select(entry => KeyValuePair.Create(((TemplateText)entry.Key!).Value, entry.Value)).Append(new("documents", null));

    private static string Around(string text, int at) => text[Math.Max(0, at - 20)..Math.Min(text.Length, at + 60)];
}
