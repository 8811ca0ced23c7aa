using System.Security.Cryptography;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Decoders;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Safetensors;

namespace MistralStudio.Inference.Hosting;

/// <summary>A folder with one model in it.</summary>
/// <param name="Path">Absolute; its name is the model's id.</param>
/// <param name="File">The weights.</param>
internal sealed record ModelFolder(string Path, string File, ModelTask Task, bool IsStarter)
{
    private const string ChecksumsName = "SHA256SUMS";

    public string Id => System.IO.Path.GetFileName(Path).ToLowerInvariant();

    /// <summary>The models under a folder, by id.</summary>
    public static IEnumerable<ModelFolder> Scan(string root, bool areStarters)
    {
        if (!Directory.Exists(root))
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            if (ModelReference.TryParse(System.IO.Path.GetFileName(folder).ToLowerInvariant(), out var reference) && reference.Kind == ModelReferenceKind.Local
                && Find(folder, areStarters) is { } found)
            {
                yield return found;
            }
        }
    }

    /// <summary>The model in a folder; null where it holds none.</summary>
    public static ModelFolder? Find(string folder, bool isStarter)
    {
        if (Directory.EnumerateFiles(folder, "*.gguf").Order(StringComparer.Ordinal).FirstOrDefault() is { } gguf)
        {
            return new ModelFolder(folder, gguf, ModelTask.Chat, isStarter);
        }

        var weights = System.IO.Path.Combine(folder, "model.safetensors");
        return System.IO.File.Exists(weights)
            ? new ModelFolder(folder, weights, EncoderConfig.IsCrossEncoder(folder) ? ModelTask.Reranking : ModelTask.Embedding, isStarter)
            : null;
    }

    /// <summary>The file behind <see cref="File"/>, which may be a link to it.</summary>
    public FileInfo Weights => new(System.IO.File.ResolveLinkTarget(File, returnFinalTarget: true)?.FullName ?? File);

    /// <summary>What a person should know of it, from its header alone.</summary>
    /// <param name="options">What conversations may hold here.</param>
    public InstalledModel Describe(InferenceOptions options)
    {
        var described = new InstalledModel
        {
            Id = Id,
            Name = Id,
            Task = Task,
            State = ModelState.OnDisk,
            IsStarter = IsStarter,
            FileBytes = Weights is { Exists: true } weights ? weights.Length : 0,
            Licence = System.IO.File.Exists(System.IO.Path.Combine(Path, "LICENSE")) ? "Apache-2.0" : "",
        };
        described = Task == ModelTask.Chat ? DescribeChat(described, options) : DescribeEncoder(described);
        return ModelCard.Read(Path) is { } card ? card.AddTo(described) : described;
    }

    /// <summary>SHA-256 of the weights, compared with the list beside the starter models where there is one.</summary>
    public async Task<Result<string>> VerifyAsync(CancellationToken cancellationToken)
    {
        string hash;
        await using (var stream = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, useAsync: true))
        {
            hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
        }

        var list = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, ChecksumsName);
        if (!System.IO.File.Exists(list))
        {
            return hash;
        }

        var name = $"./{System.IO.Path.GetFileName(Path)}/{System.IO.Path.GetFileName(File)}";
        foreach (var line in await System.IO.File.ReadAllLinesAsync(list, cancellationToken))
        {
            // 64 hex digits, two spaces, the file's name.
            if (line.Length > 66 && line[66..] == name && line[..64] != hash)
            {
                return ModelErrors.WrongChecksum(System.IO.Path.GetFileName(File));
            }
        }

        return hash;
    }

    /// <summary>What a chat model takes in memory, from its header alone.</summary>
    /// <param name="floats">What its conversations are stored in.</param>
    public Result<ModelFootprint> ReadFootprint(ElementType floats)
    {
        var opened = GgufFile.Open(File);
        if (!opened.IsSuccess)
        {
            return opened.Error;
        }

        using var file = opened.Value;
        var shape = DecoderShape.Read(file);
        return shape.IsSuccess ? ModelFootprint.Of(shape.Value, Weights.Length, floats) : shape.Error;
    }

    private InstalledModel DescribeEncoder(InstalledModel described)
    {
        var config = EncoderConfig.Read(Path);
        var opened = SafetensorsFile.Open(File);
        if ((config.Error ?? opened.Error) is { } error)
        {
            return described with { State = ModelState.Failed, Error = error };
        }

        using var file = opened.Value;
        if (EncoderTensors.Check(file, config.Value) is { } lacking)
        {
            return described with { State = ModelState.Failed, Error = lacking };
        }

        return described with
        {
            Name = IsStarter ? "all-MiniLM-L6-v2" : Id,
            Architecture = config.Value.ModelType,
            Quantisation = file.Tensors.Values.GroupBy(tensor => tensor.Type).MaxBy(group => group.Count())?.Key.ToString() ?? "",
            Parameters = file.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)),
            ContextLength = config.Value.MaxTokens,
            Dimensions = Task == ModelTask.Embedding ? config.Value.Hidden : 0,
            Origin = IsStarter ? "sentence-transformers/all-MiniLM-L6-v2" : "",
        };
    }

    private InstalledModel DescribeChat(InstalledModel described, InferenceOptions options)
    {
        var opened = GgufFile.Open(File);
        if (!opened.IsSuccess)
        {
            return described with { State = ModelState.Failed, Error = opened.Error };
        }

        using var file = opened.Value;
        var shape = DecoderShape.Read(file);
        if ((shape.Error ?? DecoderTensors.Check(file, shape.Value)) is { } error)
        {
            described = described with { State = ModelState.Failed, Error = error };
        }

        var architecture = file.Text("general.architecture") ?? "";
        return described with
        {
            Name = IsStarter ? "SmolLM2 135M Instruct" : file.Text("general.name") ?? Id,
            Architecture = architecture,
            Quantisation = file.Tensors.Values.GroupBy(tensor => tensor.Type).MaxBy(group => group.Count())?.Key.ToString() ?? "",
            Notes = [.. WeightPlan.Notes(file, DecoderForms.OfThisMachine), .. DefaultTemplate.IsMissing(file.Text("tokenizer.chat_template")) ? [DefaultTemplate.Note] : (string[])[]],
            Parameters = file.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)),
            ContextLength = shape.IsSuccess
                ? SlotSize.Choose(ModelFootprint.Of(shape.Value, described.FileBytes), options.Budget, options.Slots, options.SlotTokens).Tokens
                : 0,
            Licence = file.Text("general.license") is { Length: > 0 } licence ? licence == "apache-2.0" ? "Apache-2.0" : licence : described.Licence,
            Origin = IsStarter ? "HuggingFaceTB/SmolLM2-135M-Instruct" : file.Text("general.source.url") ?? "",
        };
    }
}
