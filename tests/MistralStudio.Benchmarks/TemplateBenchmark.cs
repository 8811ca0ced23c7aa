using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MistralStudio.Inference.ChatTemplates.Jinja;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>How long a chat template takes, over the real templates and conversations of the shared folder, and how fast its limit of work is used up.</summary>
internal static class TemplateBenchmark
{
    private const int Rounds = 100;

    public static void Run()
    {
        var folder = SharedData.Find("data", "chat-templates")
            ?? throw new InvalidOperationException("data/chat-templates is not in the shared folder (STUDIO_SHARED).");
        var cases = File.ReadLines(Path.Combine(folder, "golden.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(json => json.TryGetProperty("expected", out _)).ToLookup(json => json.GetProperty("template").GetString());
        var all = new List<(double Milliseconds, string Name)>();
        var parsed = new List<double>();
        foreach (var path in Directory.GetFiles(Path.Combine(folder, "templates")))
        {
            var source = File.ReadAllText(path);
            var start = Stopwatch.GetTimestamp();
            var template = JinjaTemplate.Parse(source);
            parsed.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            foreach (var json in cases[Path.GetFileName(path)])
            {
                for (var round = 0; round < Rounds; round++)
                {
                    // What a request does: the conversation becomes values, and is rendered.
                    start = Stopwatch.GetTimestamp();
                    var variables = ((JinjaMap)JsonValues.Of(json.GetProperty("input"))!)
                        .Select(entry => KeyValuePair.Create(((TemplateText)entry.Key!).Value, entry.Value));
                    template.Render(variables, DateTimeOffset.UnixEpoch);
                    all.Add((Stopwatch.GetElapsedTime(start).TotalMilliseconds, $"{Path.GetFileName(path)}, {json.GetProperty("case").GetString()}"));
                }
            }
        }

        all.Sort();
        parsed.Sort();
        Console.WriteLine("| chat templates | measured | goal |");
        Console.WriteLine("|---|---|---|");
        Row("templates, conversations", $"{parsed.Count}, {all.Count / Rounds}", "");
        Row("p50, ms", Number(all[all.Count / 2].Milliseconds), "<= 1");
        Row("p99, ms", Number(all[all.Count * 99 / 100].Milliseconds), "");
        var worst = all.GroupBy(item => item.Name).Select(group => (group.Select(item => item.Milliseconds).Order().ElementAt(Rounds / 2), group.Key)).Max();
        Row($"slowest conversation, p50, ms ({worst.Key})", Number(worst.Item1), "");
        Row("reading a template, p50 and slowest, ms", $"{Number(parsed[parsed.Count / 2])}, {Number(parsed[^1])}", "");
        foreach (var bomb in new[] { "{% set l = range(2000) %}{% for a in l %}{% for b in l %}{% endfor %}{% endfor %}", "{% for i in range(99999) %}{% set x = i * 2 + 1 ~ 'a' %}{% endfor %}" })
        {
            Row($"until {Stop(JinjaTemplate.Parse(bomb), out var milliseconds)}, ms", Number(milliseconds), "");
        }
    }

    private static string Stop(JinjaTemplate template, out double milliseconds)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            template.Render([], default);
            milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return "its end";
        }
        catch (JinjaException stopped)
        {
            milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return $"\"{stopped.Message}\"";
        }
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static void Row(string what, string value, string goal) => Console.WriteLine($"| {what} | {value} | {goal} |");
}
