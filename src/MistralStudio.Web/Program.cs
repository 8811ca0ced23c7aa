using System.CommandLine;
using MistralStudio.Retrieval.Documents.Worker;
using MistralStudio.Web.Hosting;

// The child that reads documents: before anything of the studio is loaded.
if (ParserLoop.IsAskedFor(args))
{
    return await ParserLoop.RunAsync();
}

// The host itself hears SIGTERM and ends in order; the command line would end the process after two seconds.
return await CommandLine.Create(args).Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

/// <summary>The entry point, public so that tests can start the server in their own process.</summary>
public partial class Program;
