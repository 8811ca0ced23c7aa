using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Flows.Definitions;

namespace MistralStudio.Web.Features.Flows;

/// <summary>What a run of a flow is to be started with. It keeps what was typed while something else stands where its fields stood.</summary>
public sealed class RunFormState(FlowState flow)
{
    private IReadOnlyList<FlowInput>? _inputs;

    /// <summary>What is asked of whoever starts it.</summary>
    public IReadOnlyList<ValueField> Fields { get; private set; } = [];

    /// <summary>The published version that is run; null for the draft.</summary>
    public int? Number { get; private set; }

    /// <summary>True where nodes of the draft that are pinned give what they are pinned to.</summary>
    public bool IsPinned { get; set; } = true;

    /// <summary>True while a run is being started.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>True where a run can be started.</summary>
    public bool MayStart => !IsBusy && (Number is not null || flow.Compiles);

    /// <summary>Why the last run was not started; null where it was, and where a field says so.</summary>
    public Error? Error { get; private set; }

    /// <summary>Looks what the draft asks by now.</summary>
    /// <param name="sample">Values to begin with, by name; null for none.</param>
    public void Look(IReadOnlyDictionary<string, JsonElement>? sample)
    {
        if (Number is null && !ReferenceEquals(_inputs, flow.Inputs))
        {
            Take(flow.Inputs, sample);
        }
    }

    /// <summary>Chooses what is run: a published version, or null for the draft.</summary>
    public async Task ChooseAsync(int? number, IReadOnlyDictionary<string, JsonElement>? sample, CancellationToken cancellationToken)
    {
        Number = number;
        Take(number is null ? flow.Inputs : await flow.InputsOfAsync(number, cancellationToken), sample);
        Error = flow.Error;
    }

    /// <summary>Takes what a past run was started with where nothing was typed; files and what is too large to be typed are left out.</summary>
    public async Task RecallAsync(RunViewState run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        Look(null);
        foreach (var field in Fields.Where(field => field is { Text.Length: 0, Held: null, Kind: not FieldKind.File }))
        {
            if (run.State?.Start?.Inputs.GetValueOrDefault(field.Name) is { Bytes: <= ValueField.MostTyped } value && await run.OpenAsync(value, cancellationToken) is { ValueKind: not JsonValueKind.Undefined } json)
            {
                field.Text = ValueField.Show(json, field.Kind);
            }
        }
    }

    /// <summary>Lets go of files that the browser holds for a field which is not on screen any more; those of a sample stay.</summary>
    public void LetGo()
    {
        foreach (var field in Fields.Where(field => field.File is not SampleFile))
        {
            field.File = null;
        }
    }

    /// <summary>Starts a run, the draft saved before; null where <see cref="Error"/> or a field says why not.</summary>
    public async Task<RunId?> StartAsync(CancellationToken cancellationToken)
    {
        Error = null;
        if (!MayStart || ValueField.ReadAll(Fields) is not { } inputs)
        {
            return null;
        }

        IsBusy = true;
        try
        {
            if (Number is null && flow is { IsDirty: true, MayWrite: true } && !await flow.SaveAsync(cancellationToken))
            {
                return null;
            }

            var files = Fields.Where(field => field.File is not null).Select(field => new RunFile(field.Name, field.File!.Name, field.File.ContentType, () => field.File.OpenReadStream(FlowValue.MostBytes, cancellationToken)));
            var run = await flow.RunAsync(Number, inputs, [.. files], cancellationToken, IsPinned);
            Error = flow.Error;
            flow.Forget();
            return run;
        }
        finally
        {
            IsBusy = false;
        }
    }

    // What was typed stays where an input has the same name.
    private void Take(IReadOnlyList<FlowInput> inputs, IReadOnlyDictionary<string, JsonElement>? sample)
    {
        _inputs = inputs;
        var typed = Fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
        Fields = ValueField.Of(inputs, takesFiles: true);
        foreach (var field in Fields)
        {
            var before = typed.GetValueOrDefault(field.Name);
            JsonElement? given = sample?.TryGetValue(field.Name, out var value) == true ? value : null;
            field.File = before?.File ?? (field.Kind == FieldKind.File && given is { } file ? SampleFile.Of(file) : null);
            field.Text = before is { Text: { Length: > 0 } text } ? text
                : given is { } shown && field.Kind != FieldKind.File ? ValueField.Show(shown, field.Kind)
                : field.Text;
        }
    }
}
