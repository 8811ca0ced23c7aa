using System.Collections.Concurrent;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Compilation;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Editing;

namespace MistralStudio.Flows.Engine;

/// <summary>The flows that a definition calls, and those that they call: definitions and hashes by reference.</summary>
public sealed record CalledFlows(IReadOnlyDictionary<string, FlowDefinition> Definitions, IReadOnlyDictionary<string, string> Hashes)
{
    /// <summary>None.</summary>
    public static CalledFlows None { get; } = new(new Dictionary<string, FlowDefinition>(), new Dictionary<string, string>());
}

/// <summary>Plans by the hashes of what they are made of: a flow that runs often is compiled once.</summary>
public sealed class FlowPlans(FlowCompiler compiler, IFlowVersions versions)
{
    private const int MostKept = 256;
    private const int MostCalled = 64;

    private readonly ConcurrentDictionary<string, FlowPlan> _kept = new(StringComparer.Ordinal);

    /// <summary>Finds the flows that a definition calls, of the versions that are published now. One that is not there is left out: the compiler names it.</summary>
    public async ValueTask<CalledFlows> FindCalledAsync(WorkspaceId workspace, FlowDefinition definition, CancellationToken cancellationToken)
    {
        var left = new Queue<string>(FlowCompiler.SubFlows(definition));
        if (left.Count == 0)
        {
            return CalledFlows.None;
        }

        var definitions = new Dictionary<string, FlowDefinition>(StringComparer.Ordinal);
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        while (left.TryDequeue(out var reference) && definitions.Count < MostCalled)
        {
            var at = reference.IndexOf('@', StringComparison.Ordinal);
            int? number = at < 0 ? null : int.Parse(reference.AsSpan(at + 1), provider: System.Globalization.CultureInfo.InvariantCulture);
            var slug = at < 0 ? reference : reference[..at];
            if (!definitions.ContainsKey(reference)
                && await versions.FindAsync(workspace, slug, number, cancellationToken) is { } version
                && FlowDefinitions.Read(version.Json) is { IsSuccess: true } read)
            {
                definitions[reference] = read.Value;
                hashes[reference] = version.Hash;
                foreach (var next in FlowCompiler.SubFlows(read.Value))
                {
                    left.Enqueue(next);
                }
            }
        }

        return new CalledFlows(definitions, hashes);
    }

    /// <summary>Compiles a definition together with the flows that it calls.</summary>
    public async ValueTask<CompiledFlow> CompileAsync(WorkspaceId workspace, FlowDefinition definition, CancellationToken cancellationToken) =>
        compiler.Compile(definition, (await FindCalledAsync(workspace, definition, cancellationToken)).Definitions);

    /// <summary>Looks at a definition, which need not compile, together with the flows that it calls.</summary>
    public async ValueTask<FlowLook> LookAsync(WorkspaceId workspace, FlowDefinition definition, CancellationToken cancellationToken) =>
        FlowLook.At(compiler, definition, (await FindCalledAsync(workspace, definition, cancellationToken)).Definitions);

    /// <summary>Compiles what a run executes from definitions that nobody keeps yet, by their hashes.</summary>
    public CompiledFlow Compile(IReadOnlyDictionary<string, FlowDefinition> definitions, RunStart start)
    {
        ArgumentNullException.ThrowIfNull(definitions);
        ArgumentNullException.ThrowIfNull(start);
        var called = start.SubFlows.Where(one => definitions.ContainsKey(one.Value)).ToDictionary(one => one.Key, one => definitions[one.Value], StringComparer.Ordinal);
        return compiler.Compile(definitions[start.Definition], called);
    }

    /// <summary>The plan that a run executes: of the definitions that it was started with, whatever was published since.</summary>
    public async ValueTask<Result<FlowPlan>> OfAsync(RunStart start, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(start);
        var key = $"{start.Workspace}/{start.Definition}/{string.Join('/', start.SubFlows.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value))}";
        if (_kept.TryGetValue(key, out var kept))
        {
            return kept;
        }

        var definition = await ReadAsync(start.Workspace, start.Definition, cancellationToken);
        if (!definition.IsSuccess)
        {
            return definition.Error;
        }

        var called = new Dictionary<string, FlowDefinition>(StringComparer.Ordinal);
        foreach (var (reference, hash) in start.SubFlows)
        {
            var one = await ReadAsync(start.Workspace, hash, cancellationToken);
            if (!one.IsSuccess)
            {
                return one.Error;
            }

            called[reference] = one.Value;
        }

        var compilation = compiler.Compile(definition.Value, called);
        if (compilation.Plan is not { } plan)
        {
            var first = compilation.Problems[0];
            return new Error(first.Code, first.Node.Length == 0 ? first.Message : $"{first.Node}: {first.Message}", first.Next);
        }

        if (_kept.Count >= MostKept)
        {
            _kept.Clear();
        }

        return _kept.GetOrAdd(key, plan);
    }

    private async ValueTask<Result<FlowDefinition>> ReadAsync(WorkspaceId workspace, string hash, CancellationToken cancellationToken) =>
        await versions.FindAsync(workspace, hash, cancellationToken) is { } version
            ? FlowDefinitions.Read(version.Json)
            : FlowRunErrors.DefinitionMissing(hash);
}
