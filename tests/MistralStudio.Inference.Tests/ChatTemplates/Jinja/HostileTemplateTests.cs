using System.Diagnostics;
using FsCheck;
using FsCheck.Xunit;
using MistralStudio.Inference.ChatTemplates.Jinja;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.ChatTemplates.Jinja;

/// <summary>A template from anybody's model file can neither hang, crash nor fill memory.</summary>
public sealed class HostileTemplateTests
{
    public static TheoryData<string, string> Bombs => new()
    {
        { "{% set l = range(2000) %}{% for a in l %}{% for b in l %}{% endfor %}{% endfor %}", "50 ms" },
        { "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "nests too deep" },
        { "{% macro f(x) %}{% for i in [1] %}{% if x %}{{ f([x, [x]]) }}{% endif %}{% endfor %}{% endmacro %}{{ f(1) }}", "nests too deep" },
        { "{{ 'a' * 1000000000 }}", "16 MiB" },
        { "{{ [0] * 1000000000 }}", "16 MiB" },
        { "{{ 9223372036854775807 * 2 }}", "64 bits" },
        { "{{ 10 ** 99999999 }}", "64 bits" },
        { "{{ range(0, 9223372036854775807, 1) }}", "Range too big" },
        { "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}", "1 MB" },
        { "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "1 MB" },
        { "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "16 MiB" },
        { "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}", "" },
        { "{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}", "" },
        { "{% set ns = namespace(l=[1], m=[1]) %}{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l == ns.m }}", "" },
        // How deep is too deep is a matter of the stack, and of the time that is left.
        { "{% set ns = namespace(l=[]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}", "" },
        { "{% set ns = namespace(l=[]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l | tojson }}", "" },
        { "{% set s = 'a' * 1000000 %}{% for i in range(99999) %}{% set t = s.replace('a', 'bb') %}{% endfor %}", "" },
        { "{% set s = 'a' * 1000000 %}{% for i in range(99999) %}{% if 'b' in s %}{% endif %}{% endfor %}", "" },
        { "{% set s = 'a' * 1000000 %}{% for i in range(99999) %}{% set t = s.find('b') %}{% endfor %}", "" },
        { "{% set s = 'a' * 1000000 %}{{ s.split('a') | length }}", "" },
        { "{% for i in range(99999) %}{{ 'x' * 100 }}{% endfor %}", "1 MB" },
        { "{{ 'x' | center(1000000000) }}", "" },
        { "{{ 'x' | indent(1000000000) }}{{ {'a': 1} | tojson(indent=1000000000) }}{{ 'x'.ljust(999999999) }}", "" },
        { "{% set l = range(90000) | list %}{% for i in l %}{{ l | sort | length }}{% endfor %}", "" },
        { "{% set l = range(90000) | list %}{% for i in l %}{% if -1 in l %}{% endif %}{% endfor %}", "50 ms" },
        { "{% for i in range(3) recursive %}{{ loop(range(3)) }}{% endfor %}", "" },
        { "{{ '%s' % 'a' }}", "" },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Render_StopsWithAReason(string source, string reason)
    {
        var template = JinjaTemplate.Parse(source);
        var started = Stopwatch.GetTimestamp();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var text = template.Render([], default);
            Assert.True(text.Length <= RenderBudget.MostOutput);
            Assert.Equal("", reason);
        }
        catch (JinjaException stopped)
        {
            // A busy machine comes to the limit of its time first.
            Assert.True(
                stopped.Message.Contains(reason, StringComparison.Ordinal) || stopped.Message.Contains("works for longer than", StringComparison.Ordinal), stopped.Message);
        }

        Unhurried.Ended(started);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 256 << 20);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("not ")]
    [InlineData("-")]
    [InlineData("{'a':")]
    [InlineData("a(")]
    [InlineData("a[")]
    [InlineData("1 if a else ")]
    [InlineData("a is in ")]
    public void ParseAndRender_FailOnlyAsTemplatesFail_HoweverDeepAnExpressionNests(string unit)
    {
        var failure = Record.Exception(() => JinjaTemplate.Parse("{{ " + string.Concat(Enumerable.Repeat(unit, 40_000)) + "1 }}").Render([], default));
        Assert.True(failure is null or JinjaException, failure?.ToString());
    }

    [Theory]
    [InlineData("{% if a %}")]
    [InlineData("{% for a in b %}")]
    [InlineData("{% macro m() %}")]
    [InlineData("{% set x %}")]
    public void Parse_StopsWithAReason_HoweverDeepBlocksNest(string unit) =>
        Assert.Throws<JinjaException>(() => JinjaTemplate.Parse(string.Concat(Enumerable.Repeat(unit, 20_000))));

    [Fact]
    public void Render_StopsWithAReason_HoweverLongAChainOfOperatorsIs()
    {
        var failure = Assert.Throws<JinjaException>(() => JinjaTemplate.Parse("{{ 1" + string.Concat(Enumerable.Repeat("+1", 200_000)) + " }}").Render([], default));
        Assert.Contains("nests too deep", failure.Message);
    }

    [Property(MaxTest = 2000)]
    public bool ParseAndRender_FailOnlyAsTemplatesFail_WhateverTheTextIs(NonNull<byte[]> shape)
    {
        string[] parts =
        [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "if", "endif", "for", "in", "endfor", "set", "macro", "endmacro", "x", "messages", "[", "]", "(", ")",
            "'a'", "\"", "|", "length", "tojson", "is", "defined", "not", "1", ".5", "+", "*", "~", "==", ",", ":", " ", "\n", "else", "loop.index", ".",
            "items()", "{% if x %}", "{% endif %}", "{% for i in x %}", "{% endfor %}", "{{ x", " }}", "namespace(a=1)", "raw", "call", "recursive", "\uD800", "**", "=",
        ];
        var source = string.Concat(shape.Get.Select(part => parts[part % parts.Length] + (part > 200 ? " " : "")));
        try
        {
            JinjaTemplate.Parse(source).Render([new("x", new JinjaList([TemplateText.Foreign("é"), 1L, null])), new("messages", new JinjaList([]))], default);
        }
        catch (JinjaException)
        {
            // The one way to fail.
        }

        return true;
    }
}
