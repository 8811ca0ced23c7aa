using MistralStudio.Agents.Mcp;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Playground.Tools;

/// <summary>Tools of servers as tools of prompts.</summary>
public static class ServerTools
{
    private const int MostName = 64;

    /// <summary>A server's tool under a name that models take and that no other tool has.</summary>
    public static PromptTool Of(string server, ServerTool tool, IReadOnlyCollection<string> taken)
    {
        var name = string.Concat(tool.Name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' ? letter : '_'));
        name = char.IsAsciiLetter(name[0]) ? name : $"tool_{name}";
        name = name.Length <= MostName - 3 ? name : name[..(MostName - 3)];
        var free = name;
        for (var number = 2; taken.Contains(free); number++)
        {
            free = $"{name}_{number}";
        }

        return new PromptTool(
            free, tool.Description.Length > 0 ? tool.Description : tool.Title, tool.Parameters, new PromptToolSource(Mcp: new PromptMcpTool(server, tool.Name)));
    }
}
