using System.Runtime.InteropServices;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>Ends this process soon after its parent has ended, however that came: a document being read would otherwise go on for minutes.</summary>
internal static partial class ParentWatch
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    /// <summary>Watches until it is disposed of; on Windows the end of the pipe has to do.</summary>
    public static Timer? Start()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var parent = getppid();
        return new Timer(
            _ =>
            {
                if (getppid() != parent)
                {
                    Environment.Exit(0);
                }
            },
            null, s_interval, s_interval);
    }

    [LibraryImport("libc")]
    private static partial int getppid();
}
