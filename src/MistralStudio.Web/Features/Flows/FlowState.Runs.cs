using System.Text.Json;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Flows.Definitions;
using MistralStudio.Flows.Hosting;

namespace MistralStudio.Web.Features.Flows;

/// <summary>A file that a run is started with.</summary>
/// <param name="Input">Name of the input.</param>
public sealed record RunFile(string Input, string Name, string MediaType, Func<Stream> Open);

/// <content>Runs that are started, with their inputs and files.</content>
public sealed partial class FlowState
{
    private RunFormState? _form;

    /// <summary>What a run is to be started with.</summary>
    public RunFormState Form => _form ??= new RunFormState(this);

    /// <summary>What a version asks of who runs it; what is saved where no version is named.</summary>
    public async Task<IReadOnlyList<FlowInput>> InputsOfAsync(int? number, CancellationToken cancellationToken)
    {
        if (number is not { } version)
        {
            return FlowDefinitions.Read(Flow!.Draft) is { IsSuccess: true } draft ? draft.Value.Inputs : [];
        }

        var found = await FindVersionAsync(version, cancellationToken);
        Error = found.Error;
        return found.IsSuccess ? found.Value.Inputs : [];
    }

    /// <summary>Starts a run of a version, or of what is saved; null where <see cref="Error"/> says why not.</summary>
    /// <param name="isPinned">True where nodes of the draft that are pinned give what they are pinned to instead of being run.</param>
    public async Task<RunId?> RunAsync(
        int? number, IReadOnlyDictionary<string, JsonElement> inputs, IReadOnlyList<RunFile> files, CancellationToken cancellationToken, bool isPinned = true)
    {
        Need(Permissions.FlowsRun);
        // Files belong to the run from the first byte, so that they go with it.
        var (run, given, kept) = (RunId.New(), new Dictionary<string, JsonElement>(inputs, StringComparer.Ordinal), new List<BlobReference>());
        Error = null;
        foreach (var file in files)
        {
            await using var content = file.Open();
            var put = await services.Blobs.PutAsync(caller.Workspace, FlowValue.OwnerOf(run), content, FlowValue.MostBytes, cancellationToken);
            if (!put.IsSuccess)
            {
                Error = put.Error;
                break;
            }

            kept.Add(put.Value);
            given[file.Input] = JsonSerializer.SerializeToElement(new { sha256 = put.Value.Sha256, name = file.Name, bytes = put.Value.Bytes, mediaType = file.MediaType }, FlowJson.Relaxed);
        }

        Error ??= (await services.Runs.StartAsync(
            new RunOrder
            {
                Id = run,
                Workspace = caller.Workspace,
                Flow = Flow!.Id,
                Version = number is { } version ? VersionChoice.Of(version) : VersionChoice.Draft,
                Pins = isPinned && number is null ? Pins : new Dictionary<string, FlowPin>(),
                Inputs = given,
                By = caller.User,
            },
            cancellationToken)).Error;
        if (Error is null)
        {
            return run;
        }

        foreach (var file in kept)
        {
            await services.Blobs.ReleaseAsync(caller.Workspace, file.Sha256, FlowValue.OwnerOf(run), cancellationToken);
        }

        return null;
    }
}
