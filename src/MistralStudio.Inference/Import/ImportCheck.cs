using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.ChatTemplates;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Hosting;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Import;

/// <summary>Reads everything of a model that would keep it from loading: header, tensors, tokenizer, chat template. No weights are computed with.</summary>
internal static class ImportCheck
{
    /// <summary>The weights of the model in a folder; or why it is refused. The chat template counts: without it the model cannot be asked anything here.</summary>
    public static Result<ModelFolder> Check(string files, InferenceOptions options)
    {
        if (ModelFolder.Find(files, isStarter: false) is not { } folder)
        {
            return ImportErrors.NoModel();
        }

        return (folder.Describe(options).Error ?? (folder.Task == ModelTask.Chat ? CheckChat(folder) : CheckEncoder(folder))) is { } error ? error : folder;
    }

    private static Error? CheckChat(ModelFolder folder)
    {
        var opened = GgufFile.Open(folder.File);
        if (!opened.IsSuccess)
        {
            return opened.Error;
        }

        using var file = opened.Value;
        var tokenizer = Tokenizers.FromGguf(file);
        return tokenizer.IsSuccess
            ? ChatTemplate.Open(Path.GetFileName(folder.File), file.Text("tokenizer.chat_template"), tokenizer.Value, TimeProvider.System).Error
            : tokenizer.Error;
    }

    private static Error? CheckEncoder(ModelFolder folder)
    {
        var config = EncoderConfig.Read(folder.Path);
        return config.IsSuccess ? Tokenizers.ForEncoder(folder.Path, config.Value).Error : config.Error;
    }
}
