using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using MistralStudio.Inference.Gguf;
using MistralStudio.Inference.Structured;
using MistralStudio.Inference.Structured.Masks;
using MistralStudio.Inference.Tests.Structured;
using MistralStudio.Inference.Tokenization;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Benchmarks;

/// <summary>
/// What structured output costs: compiling ordinary schemas, and masks along answers of evenly drawn tokens, over the starter model's
/// vocabulary and one of 150,000 tokens.
/// </summary>
internal static class StructuredBenchmark
{
    private const int Walks = 40;
    private const int Budget = 200;

    public static void Run()
    {
        var vocabularies = new List<(string Name, Vocabulary Tokens)> { ("starter", Starter()) };
        if (SharedData.Find("data", "tokenizers", "tekken", "tekken_240911.json.gz") is { } tekken)
        {
            vocabularies.Add(("tekken", Tekken(tekken)));
        }

        // What every process does once, so that the first schema does not pay for the rest.
        _ = OutputGrammar.FromJsonSchema(Parse("""{"properties":{"a":{"type":"string","pattern":"^a$"},"b":{"type":"integer","minimum":3}}}"""));
        foreach (var (name, tokens) in vocabularies)
        {
            var begin = Stopwatch.GetTimestamp();
            var trie = VocabularyTrie.Of(tokens);
            var made = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            Console.WriteLine(Text($"\n{name}: {tokens.Count:N0} tokens, a tree of {trie.Nodes:N0} nodes, made in {made:N0} ms; masks and accepts in us\n"));
            Console.WriteLine("| schema | compile, ms (goal < 50) | again | bind, ms | tokens | mask, first walk | mask, later (goal < 150) | p50 | p99 | worst | accept |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
            var all = new List<double>();
            foreach (var (schema, text) in OrdinarySchemas.All)
            {
                Measure(schema, text, trie, all);
            }

            Console.WriteLine(Text($"\nall later masks: mean {all.Average():N1} us over {all.Count:N0} tokens"));
        }
    }

    private static void Measure(string name, string text, VocabularyTrie trie, List<double> all)
    {
        var schema = Parse(text);
        var begin = Stopwatch.GetTimestamp();
        var grammar = OutputGrammar.FromJsonSchema(schema).Value;
        var compile = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        begin = Stopwatch.GetTimestamp();
        _ = OutputGrammar.FromJsonSchema(schema).Value;
        var again = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        begin = Stopwatch.GetTimestamp();
        grammar.Start(trie);
        var bind = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        var random = new Random(1);
        var (first, later, accepts) = (new List<double>(), new List<double>(), new List<double>());
        for (var walk = 0; walk < Walks; walk++)
        {
            Walk(grammar, trie, random, walk == 0 ? first : later, accepts);
        }

        all.AddRange(later);
        later.Sort();
        Console.WriteLine(Text($"| {name} | {compile:N1} | {again:N1} | {bind:N1} | {first.Count + later.Count:N0} | {first.Average():N0} ")
            + Text($"| {later.Average():N1} | {later[later.Count / 2]:N1} | {later[later.Count * 99 / 100]:N1} | {later[^1]:N0} | {accepts.Average():N1} |"));
    }

    private static void Walk(OutputGrammar grammar, VocabularyTrie trie, Random random, List<double> masks, List<double> accepts)
    {
        var state = grammar.Start(trie).Value;
        var logits = new float[trie.Vocabulary.Count];
        var allowed = new List<int>();
        for (var remaining = Budget; remaining > 0 && !state.IsFinished; remaining--)
        {
            Array.Clear(logits);
            var begin = Stopwatch.GetTimestamp();
            state.Mask(logits, remaining);
            masks.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
            allowed.Clear();
            for (var token = 0; token < logits.Length; token++)
            {
                if (logits[token] == 0)
                {
                    allowed.Add(token);
                }
            }

            var drawn = allowed[random.Next(allowed.Count)];
            begin = Stopwatch.GetTimestamp();
            if (!state.Accept(drawn))
            {
                throw new InvalidOperationException($"Token {drawn} was left by the mask and is not accepted.");
            }

            accepts.Add(Stopwatch.GetElapsedTime(begin).TotalMicroseconds);
            if (trie.Vocabulary.EndOfTurn.Contains(drawn))
            {
                break;
            }
        }
    }

    private static Vocabulary Starter()
    {
        using var file = GgufFile.Open(Path.Combine(SharedData.StarterModels, "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf")).Value;
        return Tokenizers.FromGguf(file).Value.Vocabulary;
    }

    // Every entry of the file: {"rank": 300, "token_bytes": "cmU=", ...}.
    private static Vocabulary Tekken(string path)
    {
        using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var document = JsonDocument.Parse(file);
        List<byte[]> tokens = [.. document.RootElement.GetProperty("vocab").EnumerateArray()
            .Select(entry => entry.GetProperty("token_bytes").GetBytesFromBase64())];
        TokenKind[] kinds = [.. tokens.Select(_ => TokenKind.Normal), TokenKind.Control];
        return new Vocabulary([.. tokens, "</s>"u8.ToArray()], kinds, [new("</s>", tokens.Count)], [tokens.Count]);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
