using System.Globalization;
using MistralStudio.Benchmarks;
using MistralStudio.Benchmarks.Retrieval;
using MistralStudio.Retrieval.Documents.Worker;

// The child that reads documents is this program once more.
if (ParserLoop.IsAskedFor(args))
{
    return await ParserLoop.RunAsync();
}

switch (args.FirstOrDefault())
{
    case "documents":
        await DocumentsBenchmark.RunAsync(shortOnly: args.Contains("short"));
        return 0;
    case "start":
        await StartBenchmark.RunAsync();
        return 0;
    case "embedding":
        await EmbeddingBenchmark.RunAsync([.. args.Skip(1).Select(int.Parse)]);
        return 0;
    case "retrieval":
        await RetrievalBenchmark.RunAsync([.. args.Skip(1)]);
        return 0;
    case "tokenizers":
        TokenizerBenchmark.Run();
        return 0;
    case "dequantisation":
        DequantisationBenchmark.Run();
        return 0;
    case "templates":
        TemplateBenchmark.Run();
        return 0;
    case "inference":
        await InferenceBenchmark.RunAsync();
        Console.WriteLine();
        await EmbeddingBenchmark.RunAsync();
        return 0;
    case "http":
        await HttpBenchmark.RunAsync(firstTokenOnly: args.Contains("first-token"));
        return 0;
    case "types":
        await TypesBenchmark.RunAsync([.. args.Skip(1)]);
        return 0;
    case "engine":
        await EngineBenchmark.RunAsync(paceOnly: args.Contains("pace"));
        return 0;
    case "accelerator":
        AcceleratorBenchmark.Run(args.ElementAtOrDefault(1));
        return 0;
    case "divergence":
        await DivergenceBenchmark.RunAsync(args[1..]);
        return 0;
    case "structured":
        StructuredBenchmark.Run();
        return 0;
    case "flows":
        await FlowsBenchmark.RunAsync();
        await DurableFlowsBenchmark.RunAsync();
        await HostedFlowsBenchmark.RunAsync();
        return 0;
    case "batch":
        await BatchBenchmark.RunAsync();
        return 0;
    case "playground":
        var code = await PlaygroundBenchmark.RunAsync();
        await BatchBenchmark.RunAsync();
        return code;
    case "canvas":
        await CanvasBenchmark.RunAsync();
        return 0;
    case "soak":
        return await SoakBenchmark.RunAsync(
            double.Parse(args.ElementAtOrDefault(1) ?? "30", CultureInfo.InvariantCulture), int.Parse(args.ElementAtOrDefault(2) ?? "32", CultureInfo.InvariantCulture));
    default:
        Console.Error.WriteLine("Name a benchmark: inference, types, divergence, engine [pace], http [first-token], soak [minutes] [clients], accelerator [library], structured, flows, canvas, playground, batch (the last part of playground), start, embedding, retrieval, documents [short], tokenizers, templates, dequantisation.");
        return 2;
}
