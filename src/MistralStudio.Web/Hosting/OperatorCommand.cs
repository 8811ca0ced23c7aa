using System.CommandLine;

namespace MistralStudio.Web.Hosting;

/// <summary>
/// A command of the command line. Whoever may run the binary over the data folder is the operator; the command still names the permission
/// that the same act needs in the workspace, or says that it touches none; a test fails on what says neither.
/// </summary>
/// <param name="permission">See <see cref="Core.Security.Permissions"/>; null where nothing of a workspace is read or changed.</param>
internal sealed class OperatorCommand(string name, string? permission, string description) : Command(name, description)
{
    /// <summary>The permission.</summary>
    public string? Permission { get; } = permission;
}

/// <summary>The command line as a whole.</summary>
internal static class CommandLine
{
    /// <summary>Every command; without one it serves.</summary>
    public static RootCommand Create(string[] args)
    {
        var root = new RootCommand("MistralStudio: build AI applications on open-weight models, on your own machine.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        root.SetAction((_, cancellationToken) => ServeCommand.RunAsync(args, cancellationToken));
        root.Subcommands.Add(ServeCommand.Create());
        root.Subcommands.Add(KeysCommand.Create());
        root.Subcommands.Add(UsersCommand.Create());
        root.Subcommands.Add(ModelsCommand.Create());
        root.Subcommands.Add(DoctorCommand.Create());
        return root;
    }
}
