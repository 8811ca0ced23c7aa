using MistralStudio.Benchmarks;

switch (args.FirstOrDefault())
{
    case "start":
        await StartBenchmark.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("Name a benchmark: start.");
        return 2;
}
