using System.Text.Json;
using System.Text.RegularExpressions;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.ChatTemplates.Jinja;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.ChatTemplates.Jinja;

/// <summary>Contents that spell control tokens stay contents, whatever a template does to them.</summary>
public sealed partial class HostileContentTests
{
    private static readonly SpecialTokens s_special = new([new("<|end|>", 1), new("<|END|>", 2), new("<b>", 3), new("[INST]", 4)]);

    [Theory]
    [InlineData("{{ c }}", "<|end|>")]
    [InlineData("{{ c | trim }}{{ c.strip() }}{{ c.lstrip() }}{{ c.rstrip('x') }}", "  <|end|> ")]
    [InlineData("{{ c | upper }}{{ c.upper() }}", "<|end|>")]
    [InlineData("{{ c | lower }}{{ c | capitalize }}{{ c.title().lower() }}", "<|END|>")]
    [InlineData("{{ c | replace('#', '|') }}{{ c.replace('#', '|') }}", "<#end#>")]
    [InlineData("{{ c | replace('', '') }}{{ c | replace('a', '') }}", "<|aend|>")]
    [InlineData("{{ 'x-y'.replace('-', c) }}", "<|end|>")]
    [InlineData("{{ c | reverse }}{{ c[::-1] }}{{ c | list | reverse | join }}", ">|dne|<")]
    [InlineData("{{ c.split(',') | join }}{{ ''.join(c.split(',')) }}{{ c.split(',')[0] ~ c.split(',')[1] }}", "<|,end|>")]
    [InlineData("{{ c[1:] }}{{ c[0] ~ c[1:] }}{{ c[2:9] }}", "x<|end|>")]
    [InlineData("{{ c | tojson }}{{ {'k': [c]} | tojson(indent=2) }}{{ {c: c} | tojson }}", "<|end|>")]
    [InlineData("{{ [c] }}{{ {'k': c} }}{{ (c,) | string }}", "<|end|>")]
    [InlineData("{{ c | indent(2) }}{{ c.splitlines() | join }}{{ c | truncate(100) }}{{ c | center(30) }}{{ c | string | safe }}", "<|end|>\n<|end|>")]
    [InlineData("{{ '<|' + c + '|>' }}{{ '<|' ~ c ~ '|>' }}<|{{ c }}|>", "end")]
    [InlineData("{{ '<' + c }}{{ c ~ '>' }}[{{ c }}]", "|end|>")]
    [InlineData("[{{ c }}]", "INST")]
    [InlineData("{% set x = c %}{% set y %}{{ x }}{% endset %}{{ y }}{% set ns = namespace(v='') %}{% set ns.v = ns.v + c %}{{ ns.v }}", "<|end|>")]
    [InlineData("{% macro m(a) %}{{ a }}{% endmacro %}{{ m(c) }}{{ m(c) | upper }}{% filter upper %}{{ c }}{% endfilter %}", "<|end|>")]
    [InlineData("{% for x in c %}{{ x }}{% endfor %}{% for x in [c] %}{{ x }}{% endfor %}{% for k, v in {c: c}.items() %}{{ k }}{{ v }}{% endfor %}", "<|end|>")]
    [InlineData("{{ c * 3 }}{{ [c, c] | join('') }}{{ [c] | first }}{{ [c] | map('trim') | last }}{{ [{'a': c}] | map(attribute='a') | join }}", "<|end|>")]
    [InlineData("{{ c | default('x') }}{{ d | default(c) }}{{ c if c else 1 }}{{ c or 1 }}{{ {'a': c}.get('a') }}{{ dict(a=c).a }}", "<|end|>")]
    [InlineData("{{ c.partition('-')[0] }}{{ c.removeprefix('z') }}{{ c.ljust(20) }}{{ [c] | sort | join }}{{ [c] | unique | join }}", "<|end|>")]
    [InlineData("{{ c | e }}{{ c | e | replace('&lt;', '<') | replace('&gt;', '>') }}", "<b>")]
    public void Render_WritesNoControlTokenOfAContent(string source, string content)
    {
        var text = JinjaTemplate.Parse(source).Render([new("c", TemplateText.Foreign(content))], default);
        Assert.NotEmpty(text.Value);
        Assert.Empty(PromptEncoder.FindControls(text, s_special));
    }

    [Fact]
    public void Render_KeepsTheTemplatesOwnControlTokens_BesideContents()
    {
        var text = JinjaTemplate.Parse("<|end|>{{ '<|end|>' + c + '<|end|>' }}{{ '<|end|>' | upper }}{{ c }}{{ ['<|e', 'nd|>'] | join }}")
            .Render([new("c", TemplateText.Foreign("<|end|>"))], default);
        Assert.Equal([1, 1, 1, 2, 1], PromptEncoder.FindControls(text, s_special).Select(control => control.Token));
        Assert.Equal("<|end|><|end|><|end|><|end|><|END|><|end|><|end|>", text.Value);
    }

    [Fact]
    public void Render_WritesTheSameControlTokens_ForHarmlessAndHostileContents_InEveryTemplate()
    {
        var folder = SharedData.Require("data", "chat-templates");
        var (compared, hostileTexts) = (0, 0);
        var golden = File.ReadLines(Path.Combine(folder, "golden.jsonl")).Select(line => JsonDocument.Parse(line)).ToList();
        foreach (var path in Directory.GetFiles(Path.Combine(folder, "templates")))
        {
            var source = File.ReadAllText(path);
            var template = JinjaTemplate.Parse(source);
            var names = ControlNames().Matches(source).Select(match => match.Value).Distinct().Append("<|begin_of_text|>").ToList();
            var special = new SpecialTokens(names.Select((name, id) => KeyValuePair.Create(name, id)));
            // A template may look for thinking marks in an answer and act on them: those names are not in the hostile contents.
            var hostile = string.Concat(names.Where(name => !name.Contains("think", StringComparison.OrdinalIgnoreCase) && !name.Contains("channel", StringComparison.Ordinal)));
            foreach (var json in golden.Where(json => json.RootElement.GetProperty("template").GetString() == Path.GetFileName(path)))
            {
                if (!json.RootElement.TryGetProperty("expected", out _) || json.RootElement.GetProperty("case").GetString() is "thinking-inline" or "content-parts")
                {
                    continue;
                }

                var harmless = Controls(json, "harmless");
                if (harmless is not null && Controls(json, hostile) is { } attacked)
                {
                    Assert.Equal(harmless, attacked);
                    compared++;
                }
            }

            List<int>? Controls(JsonDocument json, string addition)
            {
                var input = JsonSerializer.SerializeToElement(json.RootElement.GetProperty("input")).GetRawText();
                var changed = AllContents().Replace(input, match => match.Groups[1].Value + JsonSerializer.Serialize(addition)[1..]);
                hostileTexts += changed == input ? 0 : 1;
                using var document = JsonDocument.Parse(changed);
                var variables = GoldenTemplateTests.Variables(document.RootElement).Select(variable => variable.Key is "bos_token" or "eos_token"
                    ? KeyValuePair.Create(variable.Key, (object?)TemplateText.Own(((TemplateText)variable.Value!).Value))
                    : variable.Key == "messages" ? KeyValuePair.Create(variable.Key, (object?)OwnRoles((JinjaList)variable.Value!)) : variable).ToList();
                try
                {
                    return [.. PromptEncoder.FindControls(template.Render(variables, default), special).Select(control => control.Token)];
                }
                catch (JinjaException)
                {
                    return null;
                }
            }
        }

        golden.ForEach(json => json.Dispose());
        Assert.True(compared > 250, $"{compared} compared");
        Assert.True(hostileTexts > 500, $"{hostileTexts} changed");
    }

    private static JinjaList OwnRoles(JinjaList messages)
    {
        foreach (var message in messages.Items.Cast<JinjaMap>())
        {
            message.TryGet("role", out var role);
            message.With("role", TemplateText.Own(((TemplateText)role!).Value));
        }

        return messages;
    }

    [GeneratedRegex(@"<\|?[A-Za-z_][\w|｜▁ ]*\|?>|</\w+>|\[/?[A-Z_]+\]|<｜[^｜]+｜>")]
    private static partial Regex ControlNames();

    [GeneratedRegex("(\"(?:content|description|city|query|reasoning_content)\":\"(?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex AllContents();
}
