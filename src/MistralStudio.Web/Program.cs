using System.CommandLine;
using MistralStudio.Web.Hosting;

var root = new RootCommand("MistralStudio: build AI applications on open-weight models, on your own machine.")
{
    TreatUnmatchedTokensAsErrors = false,
};
root.SetAction((parsed, cancellationToken) => ServeCommand.RunAsync(args, cancellationToken));
root.Subcommands.Add(ServeCommand.Create());
root.Subcommands.Add(KeysCommand.Create());
root.Subcommands.Add(UsersCommand.Create());
root.Subcommands.Add(DoctorCommand.Create());
return await root.Parse(args).InvokeAsync();

/// <summary>The entry point, public so that tests can start the server in their own process.</summary>
public partial class Program;
