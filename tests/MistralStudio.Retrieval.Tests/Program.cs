using MistralStudio.Retrieval.Documents.Worker;
using Xunit.Runner.InProc.SystemConsole;

return ParserLoop.IsAskedFor(args) ? await ParserLoop.RunAsync()
    : args.Any(arg => arg is "--server" or "--internal-msbuild-node")
        ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, MistralStudio.Retrieval.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
