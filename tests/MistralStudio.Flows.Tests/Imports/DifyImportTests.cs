using MistralStudio.Core.Flows;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Imports;

namespace MistralStudio.Flows.Tests.Imports;

public sealed class DifyImportTests
{
    // Two branches, each with a text from before the branch, joined behind it.
    private const string Branches = """
        app: { mode: workflow, name: Greeting }
        kind: app
        version: 0.4.0
        workflow:
          graph:
            nodes:
              - { id: '1', position: { x: 10, y: 20 }, data: { type: start, title: Start, variables: [ { variable: name, label: Name, type: text-input, required: true }, { variable: mood, label: Mood, type: select, required: true } ] } }
              - { id: '2', data: { type: if-else, title: Formal?, cases: [ { case_id: yes, logical_operator: and, conditions: [ { variable_selector: ['1', mood], comparison_operator: is, value: formal } ] }, { case_id: loud, conditions: [ { variable_selector: ['1', mood], comparison_operator: contains, value: loud } ] } ] } }
              - { id: '3', data: { type: template-transform, title: Formal, template: 'Dear {{ who }}', variables: [ { variable: who, value_selector: ['1', name] } ] } }
              - { id: '4', data: { type: template-transform, title: Loud, template: 'HEY {{ who }}!', variables: [ { variable: who, value_selector: ['1', name] } ] } }
              - { id: '5', data: { type: template-transform, title: Casual, template: 'Hi {{ who }}', variables: [ { variable: who, value_selector: ['1', name] } ] } }
              - { id: '6', data: { type: variable-aggregator, title: Join, variables: [ ['3', output], ['4', output], ['5', output] ] } }
              - { id: '7', data: { type: end, title: End, outputs: [ { variable: greeting, value_selector: ['6', output] } ] } }
            edges:
              - { source: '1', target: '2', sourceHandle: source }
              - { source: '2', target: '3', sourceHandle: 'yes' }
              - { source: '2', target: '4', sourceHandle: loud }
              - { source: '2', target: '5', sourceHandle: 'false' }
              - { source: '3', target: '6' }
              - { source: '4', target: '6' }
              - { source: '5', target: '6' }
              - { source: '6', target: '7' }
        """;

    [Theory]
    [InlineData("formal", "Dear Ann", "template")]
    [InlineData("very loud", "HEY Ann!", "template-2")]
    [InlineData("easy", "Hi Ann", "template-3")]
    public async Task OnlyTheBranchThatIsTaken_IsRun(string mood, string greeting, string ran)
    {
        using var rig = new FlowRig();
        var import = FlowImport.Read(Branches.Replace("case_id: yes", "case_id: 'yes'", StringComparison.Ordinal)).Value;

        var loop = await rig.LoopAsync(FlowDefinitions.Write(import.Draft), new { name = "Ann", mood });
        await loop.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(greeting, loop.State.Outputs["greeting"].Text);
        Assert.Equal([ran], rig.Story(loop.Run).Where(line => line.StartsWith("NodeStarted template", StringComparison.Ordinal)).Select(line => line.Split(' ')[1]));
        Assert.All(import.Report, part => Assert.Equal(ImportOutcome.Carried, part.Outcome));
    }

    [Fact]
    public async Task AnIteration_GivesItsBodyWhatIsOutside_AndCollects()
    {
        const string flow = """
            app: { mode: workflow, name: List }
            workflow:
              graph:
                nodes:
                  - { id: s, data: { type: start, title: Start, variables: [ { variable: greeting, type: paragraph, required: true } ] } }
                  - { id: c, data: { type: code, title: Names, code_language: javascript, code: "function main() { return { names: ['Ann', 'Bob'] } }", outputs: { names: { type: 'array[string]' } }, variables: [] } }
                  - { id: i, data: { type: iteration, title: Each, iterator_selector: [c, names], output_selector: [t, output] } }
                  - { id: i0, parentId: i, data: { type: iteration-start } }
                  - { id: t, parentId: i, data: { type: template-transform, title: Text, template: '{{ index + 1 }}. {{ word }} {{ who }}', variables: [ { variable: word, value_selector: [s, greeting] }, { variable: who, value_selector: [i, item] }, { variable: index, value_selector: [i, index] } ] } }
                  - { id: e, data: { type: end, title: End, outputs: [ { variable: all, value_selector: [i, output] } ] } }
                edges:
                  - { source: s, target: c }
                  - { source: c, target: i }
                  - { source: i0, target: t }
                  - { source: i, target: e }
            """;
        using var rig = new FlowRig();

        var state = await rig.RunAsync(FlowDefinitions.Write(FlowImport.Read(flow).Value.Draft), new { greeting = "Hello" });

        Assert.Equal("""["1. Hello Ann","2. Hello Bob"]""", state.Outputs["all"].Json.GetRawText());
    }

    [Fact]
    public void AChatWithModelsInIt_AnswersWithWhatTheLastOneSays_AndNamesItsInstructions()
    {
        const string flow = """
            app: { mode: advanced-chat, name: Chat }
            workflow:
              graph:
                nodes:
                  - { id: s, data: { type: start, title: Start } }
                  - { id: llm, data: { type: llm, title: Model, model: { name: gpt-4o, provider: openai, completion_params: { temperature: 0.2, max_tokens: 99 } }, prompt_template: [ { role: system, text: 'Be brief. Braces: {{ x }} stay.' }, { role: user, text: 'Q: {{#sys.query#}}' } ] } }
                  - { id: a, data: { type: answer, title: Answer, answer: '{{#llm.text#}}' } }
                edges: [ { source: s, target: llm }, { source: llm, target: a } ]
            """;

        var import = FlowImport.Read(flow).Value;

        var node = import.Draft.Nodes.Single(one => one.Type == "llm");
        Assert.Equal("""{"model":"default","temperature":0.2,"maxTokens":99,"prompt":"Q: {{ query }}","system":"{% raw %}Be brief. Braces: {{ x }}{% endraw %} stay."}""", node.Config!.Value.GetRawText());
        Assert.Contains(new FlowEdge("start.query", "llm.query"), import.Draft.Edges);
        Assert.Contains(new FlowEdge("llm.text", "answer.text"), import.Draft.Edges);
        Assert.Contains("gpt-4o", import.Report.Single(part => part.Kind == "llm").Remark, StringComparison.Ordinal);
        Assert.Empty(ImportCatalog.Compiler.Compile(import.Draft).Problems);
    }

    [Fact]
    public void NoKey_ComesAlong()
    {
        const string flow = """
            app: { mode: workflow, name: Secrets }
            workflow:
              environment_variables: [ { name: API_KEY, value: sk-secret-1, value_type: secret } ]
              graph:
                nodes:
                  - { id: s, data: { type: start, title: Start } }
                  - { id: h, data: { type: http-request, title: Call, method: post, url: 'https://api.example.com/{{#env.API_KEY#}}', authorization: { type: api-key, config: { api_key: sk-secret-2 } }, headers: "Authorization: Bearer sk-secret-3\nX-Api-Key: sk-secret-4\nAccept: text/plain", body: { type: json, data: [ { value: '{"a":1}' } ] } } }
                edges: [ { source: s, target: h } ]
            """;

        var import = FlowImport.Read(flow).Value;

        var written = FlowDefinitions.Write(import.Draft) + string.Concat(import.Report);
        Assert.DoesNotContain("sk-secret", written, StringComparison.Ordinal);
        Assert.Contains("text/plain", written, StringComparison.Ordinal);
        Assert.Contains("did not come along", import.Report.Single(part => part.Kind == "http-request").Remark, StringComparison.Ordinal);
        Assert.Contains(import.Draft.Inputs, input => input.Name == "env_API_KEY" && input.Default is null);
        Assert.Empty(ImportCatalog.Compiler.Compile(import.Draft).Problems);
    }

    [Fact]
    public void WhatIsNotKnownHere_HoldsItsPlace_AndDoesNotCompile()
    {
        const string flow = """
            app: { mode: workflow, name: Tool }
            workflow:
              graph:
                nodes:
                  - { id: s, data: { type: start, title: Start, variables: [ { variable: q, type: text-input } ] } }
                  - { id: t, data: { type: tool, title: Search, tool_label: Tavily, provider_name: tavily } }
                  - { id: e, data: { type: end, title: End, outputs: [ { variable: text, value_selector: [t, text] } ] } }
                edges: [ { source: s, target: t }, { source: t, target: e } ]
            """;

        var import = FlowImport.Read(flow).Value;

        var problem = Assert.Single(ImportCatalog.Compiler.Compile(import.Draft).Problems);
        Assert.Equal(("flow.unknown_type", "tool"), (problem.Code, problem.Node));
        Assert.Equal((ImportOutcome.Left, "tool"), import.Report.Where(part => part.Part == "Search").Select(part => (part.Outcome, part.Node)).Single());
        Assert.Contains(new FlowEdge("tool.text", "output.text"), import.Draft.Edges);
        Assert.Equal(PortType.Text, import.Draft.Inputs.Single().Type);
    }
}
