using System.Text;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Import;
using MistralStudio.Inference.Safetensors;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Inference.Tests.Encoders;

/// <summary>What keeps the folder of an encoder from being used is said when it comes, by the file's name and never by where it lies.</summary>
public sealed class EncoderFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mistralstudio-encoders-").FullName;

    public static TheoryData<string, string> Faults => new()
    {
        { "a decoder", "the architecture \"llama\" is not supported in this version as safetensors" },
        { "no kind", "config.json cannot be read: it does not state its architecture" },
        { "no words", "file vocab.txt is missing" },
        { "no pooling", "file 1_Pooling/config.json is missing" },
        { "no length", "file sentence_bert_config.json is missing" },
        { "cased", "tokenizer_config.json cannot be read: its tokenizer is cased" },
        { "accents", "tokenizer_config.json cannot be read: its tokenizer is cased, keeps accents" },
        { "many words", "it has 1,000 tokens, and the model" },
        { "another layer", "it lacks the tensor encoder.layer.2." },
        { "another width", "embeddings.word_embeddings.weight has the shape" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void AFault_IsFoundAtTheImport(string fault, string said)
    {
        CopyEmbedder();
        switch (fault)
        {
            case "a decoder": File.WriteAllText(At("config.json"), """{"model_type":"llama","hidden_size":64}"""); File.Delete(At("sentence_bert_config.json")); break;
            case "no kind": File.WriteAllText(At("config.json"), "{}"); break;
            case "no words": File.Delete(At("vocab.txt")); break;
            case "no pooling": File.Delete(At("1_Pooling/config.json")); break;
            case "no length": File.Delete(At("sentence_bert_config.json")); break;
            case "cased": File.WriteAllText(At("tokenizer_config.json"), """{"do_lower_case":false}"""); break;
            case "accents": File.WriteAllText(At("tokenizer_config.json"), """{"do_lower_case":true,"strip_accents":false}"""); break;
            case "many words": File.WriteAllLines(At("vocab.txt"), Enumerable.Repeat("x", 1_000)); break;
            case "another layer": Change("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 10"); break;
            default: Change("config.json", "\"hidden_size\": ", "\"hidden_size\": 1"); break;
        }

        var refused = ImportCheck.Check(_folder, new InferenceOptions());

        Assert.Equal("model.unreadable", refused.Error?.Code);
        Assert.Contains(said, refused.Error!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_folder, refused.Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderWithoutFault_IsTaken()
    {
        CopyEmbedder();
        Assert.Equal(ModelTask.Embedding, ImportCheck.Check(_folder, new InferenceOptions()).Value.Task);
    }

    [Theory]
    [InlineData("bert-embedder")]
    [InlineData("bert-cross-encoder")]
    [InlineData("xlmr-cross-encoder")]
    public void WhatTheGraphNeeds_IsWhatTheCheckAsksFor(string family)
    {
        var source = SharedData.Require("data", "models-tiny", "families", family);
        var config = EncoderConfig.Read(source).Value;
        var bytes = File.ReadAllBytes(Path.Combine(source, "model.safetensors"));
        List<string> names;
        using (var whole = Open(bytes))
        {
            Assert.Null(EncoderTensors.Check(whole, config));
            names = [.. whole.Tensors.Keys];
        }

        var refused = 0;
        foreach (var name in names)
        {
            using var without = Open(Renamed(bytes, name));
            var error = EncoderTensors.Check(without, config);
            var built = Record.Exception(() => new EncoderGraph(config, without).Build(Directory.CreateDirectory(At(name)).FullName));

            Assert.Equal(built is null, error is null);
            Assert.True(built is null or InvalidDataException, built?.ToString());
            refused += error is null ? 0 : 1;
        }

        Assert.True(refused > 20);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string At(string name) => Path.Combine(_folder, name);

    private void CopyEmbedder()
    {
        var source = SharedData.Require("data", "models-tiny", "families", "bert-embedder");
        Directory.CreateDirectory(At("1_Pooling"));
        foreach (var name in new[] { "config.json", "model.safetensors", "sentence_bert_config.json", "1_Pooling/config.json" })
        {
            File.WriteAllBytes(At(name), File.ReadAllBytes(Path.Combine(source, name)));
        }

        File.WriteAllLines(At("vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b"]);
    }

    private void Change(string name, string from, string to)
    {
        var text = File.ReadAllText(At(name));
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(At(name), text.Replace(from, to, StringComparison.Ordinal));
    }

    private SafetensorsFile Open(byte[] bytes)
    {
        File.WriteAllBytes(At("changed.safetensors"), bytes);
        return SafetensorsFile.Open(At("changed.safetensors")).Value;
    }

    // The header with another last letter in one name: the same length, and the tensor is none that anybody knows.
    private static byte[] Renamed(byte[] bytes, string name)
    {
        var changed = bytes.ToArray();
        var at = changed.AsSpan().IndexOf(Encoding.UTF8.GetBytes($"\"{name}\""));
        Assert.True(at > 0);
        changed[at + name.Length] = (byte)'_';
        return changed;
    }
}
