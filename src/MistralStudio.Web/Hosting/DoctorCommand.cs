using System.CommandLine;
using MistralStudio.Core;
using MistralStudio.Data.Accounts;

namespace MistralStudio.Web.Hosting;

/// <summary><c>doctor</c>: checks what a start needs; exit code 0 or 1.</summary>
internal static class DoctorCommand
{
    private const long LeastFreeBytes = 1L << 30;

    public static Command Create()
    {
        var command = new Command("doctor", "Checks settings, database, disk and models; the exit code says whether all is well.");
        command.SetAction((_, cancellationToken) => OfflineServices.RunAsync((services, studio) => CheckAsync(services, studio, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> CheckAsync(IServiceProvider services, StudioOptions studio, CancellationToken cancellationToken)
    {
        // Settings were read and the database was opened and migrated, or this would not run.
        Console.WriteLine($"ok    settings: {studio.Urls}");
        Console.WriteLine($"ok    database: {Path.Combine(studio.DataPath, "studio.db")}");
        var owner = await services.GetRequiredService<AccountStore>().HasOwnerAsync(cancellationToken);
        Console.WriteLine(owner ? "ok    owner" : "ok    owner: none yet, the console prints where to create one");

        var free = new DriveInfo(studio.DataPath).AvailableFreeSpace;
        var enough = free >= LeastFreeBytes;
        Console.WriteLine($"{(enough ? "ok   " : "wrong")} disk: {Size.Format(free)} free under {studio.DataPath}");
        return enough ? 0 : 1;
    }
}
