using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Imports;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Flows.Tests.Imports;

/// <summary>Real exports of other tools, see the README of the shared folder <c>flows-foreign</c>.</summary>
public sealed class SampleImportTests(ITestOutputHelper output)
{
    /// <summary>Per tool: the least share of its parts that has a counterpart here, and that does the same without a look, %.</summary>
    [Theory]
    [InlineData("dify", 12, 75, 50)]
    [InlineData("flowise", 10, 80, 13)]
    [InlineData("langflow", 8, 85, 55)]
    public void ExportsOf_AreCarriedOver(string tool, int files, int share, int same)
    {
        var flows = Read(tool);
        var parts = flows.SelectMany(flow => flow.Import.Report).ToList();
        var (carried, changed) = (parts.Count(part => part.Outcome == ImportOutcome.Carried), parts.Count(part => part.Outcome == ImportOutcome.Changed));

        output.WriteLine($"{tool}: {flows.Count} flows, {parts.Count} parts: {100.0 * (carried + changed) / parts.Count:0.#} % carried over ({carried} as they are, {changed} to be looked at)");
        Assert.Equal(files, flows.Count);
        Assert.InRange(100.0 * (carried + changed) / parts.Count, share, 100);
        Assert.InRange(100.0 * carried / parts.Count, same, 100);
        Assert.All(parts, part => Assert.True(part.Outcome == ImportOutcome.Carried ? part.Remark.Length == 0 : part.Remark.EndsWith('.'), part.ToString()));
    }

    /// <summary>What keeps a draft from compiling is what was left out, and what names it: nothing else.</summary>
    [Theory]
    [InlineData("dify")]
    [InlineData("flowise")]
    [InlineData("langflow")]
    public void ExportsOf_WithoutPartsThatWereLeftOut_Compile(string tool)
    {
        var whole = 0;
        foreach (var (file, import) in Read(tool))
        {
            var problems = ImportCatalog.Compiler.Compile(import.Draft).Problems;
            var isWhole = import.Draft.Nodes.Concat(import.Draft.Nodes.SelectMany(node => node.Body?.Nodes ?? [])).All(node => !node.Type.Contains('/', StringComparison.Ordinal));
            whole += isWhole ? 1 : 0;
            Assert.True(problems.Count == 0 || !isWhole, $"{file}: {string.Join('\n', problems)}");
            Assert.All(problems, problem => Assert.Contains(problem.Code, (string[])["flow.unknown_type", "flow.unknown_name", "flow.not_connected"]));
        }

        output.WriteLine($"{tool}: {whole} compile as they are");
        Assert.InRange(whole, 7, 12);
    }

    [Fact]
    public async Task DifysLoop_EndsWhereItsConditionHolds()
    {
        var text = await File.ReadAllTextAsync(SharedData.Require("data", "flows-foreign", "dify", "increment_loop_with_break_condition_workflow.yml"), TestContext.Current.CancellationToken);
        using var rig = new FlowRig();

        var state = await rig.RunAsync(FlowDefinitions.Write(FlowImport.Read(text).Value.Draft));

        Assert.Equal("5", state.Outputs["num"].Text);
    }

    private static List<(string File, ImportedFlow Import)> Read(string tool) => [.. Directory.EnumerateFiles(SharedData.Require("data", "flows-foreign", tool))
        .Where(file => !file.EndsWith(".md", StringComparison.Ordinal) && !Path.GetFileName(file).StartsWith("tool - ", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(file => (Path.GetFileName(file), FlowImport.Read(File.ReadAllText(file)).Value))];
}
