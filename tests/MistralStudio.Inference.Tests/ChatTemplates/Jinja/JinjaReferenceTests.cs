using System.Text.Json;
using MistralStudio.Inference.ChatTemplates.Jinja;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.ChatTemplates.Jinja;

/// <summary>The language piece by piece: filters, tests, methods, loops, macros, white space and errors as the reference has them.</summary>
public sealed class JinjaReferenceTests
{
    private static readonly DateTimeOffset s_now = new(2025, 3, 4, 5, 9, 6, TimeSpan.Zero);

    [Fact]
    public void Render_GivesTheReferenceText_OrItsError()
    {
        using var golden = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(SharedData.Root, "tests", "MistralStudio.Inference.Tests", "Golden", "jinja.json")));
        var wrong = new List<string>();
        foreach (var expected in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            var source = expected.GetProperty("template").GetString()!;
            var wanted = expected.TryGetProperty("text", out var text) ? text.GetString()!
                : expected.TryGetProperty("error", out var error) ? $"error: {error.GetString()}"
                : "no template";
            var actual = Render(source, GoldenTemplateTests.Variables(golden.RootElement.GetProperty("variables")));
            if (actual != wanted)
            {
                wrong.Add($"{source}\n   {wanted}\n   {actual}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} differ:\n{string.Join('\n', wrong)}");
    }

    private static string Render(string source, IEnumerable<KeyValuePair<string, object?>> variables)
    {
        JinjaTemplate template;
        try
        {
            template = JinjaTemplate.Parse(source);
        }
        catch (JinjaException)
        {
            return "no template";
        }

        try
        {
            return template.Render(variables, s_now).Value;
        }
        catch (JinjaException failure)
        {
            return $"error: {failure.Message}";
        }
    }
}
