using System.CommandLine;
using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Startup;
using MistralStudio.Inference.Hosting;
using MistralStudio.Retrieval.Qdrant;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Hosting;

/// <summary><c>doctor</c>: checks what a start needs; exit code 0 or 1.</summary>
internal static class DoctorCommand
{
    private const long LeastFreeBytes = 1L << 30;

    public static Command Create()
    {
        var command = new OperatorCommand("doctor", permission: null, "Checks settings, database, disk, models and accelerator; the exit code says whether all is well.");
        var accelerator = new Option<bool>("--accelerator")
        {
            Description = "Runs the smallest chat model on the device that Inference:Accelerator names and compares it with the processor.",
        };
        command.Options.Add(accelerator);
        command.SetAction((arguments, cancellationToken) => OfflineServices.RunAsync(
            (services, studio) => CheckAsync(services, studio, arguments.GetValue(accelerator), cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> CheckAsync(IServiceProvider services, StudioOptions studio, bool runsModel, CancellationToken cancellationToken)
    {
        var report = new Report();

        // The settings were read and the database was opened and migrated, or this would not run.
        report.Say(CheckNames(studio), "settings", studio.Urls);
        var owner = await services.GetRequiredService<AccountStore>().HasOwnerAsync(cancellationToken);
        report.Say(null, "database", $"{services.GetRequiredService<DatabaseStartup>().Database}{(owner ? "" : ", no owner yet: the server prints where to create one")}");

        var free = new DriveInfo(studio.DataPath).AvailableFreeSpace;
        report.Say(free >= LeastFreeBytes ? null : DoctorErrors.DiskLow(LeastFreeBytes), "disk", $"{Size.Format(free, CultureInfo.InvariantCulture)} free under {studio.DataPath}");

        if (services.GetRequiredService<VectorDatabaseCheck>() is { IsSet: true } database)
        {
            report.Say(await database.CheckAsync(cancellationToken), "vector database", database.Address);
        }

        var models = 0;
        await foreach (var check in services.GetRequiredService<ModelChecks>().RunAsync(cancellationToken))
        {
            models++;
            report.Say(check.Error, "model", $"{check.Model.Id}, {Size.Format(check.Model.FileBytes, CultureInfo.InvariantCulture)}");
        }

        if (models == 0)
        {
            report.Say(Core.Models.ModelErrors.NoneInstalled(), "model", "none");
        }

        try
        {
            report.Say(null, "accelerator", ModelChecks.DescribeAccelerator());
            if (runsModel && services.GetRequiredService<ModelChecks>().CheckAccelerator() is { } check)
            {
                report.Say(check.Error, "model on accelerator", check.DeviceSpeed == 0
                    ? check.Device
                    : string.Create(CultureInfo.InvariantCulture,
                        $"{check.Device}, {check.DeviceSpeed:F0} tokens/s in float32 (CPU {check.ProcessorSpeed:F0}), probabilities within {check.LargestDifference:0.0e+0} of the CPU's"));
                if (check.Half is { } half)
                {
                    report.Say(null, "float16 on accelerator", string.Create(CultureInfo.InvariantCulture,
                        $"{half.Speed:F0} tokens/s, {half.Speed / check.DeviceSpeed:F2} of float32, {half.Divergence:0.0e+0} nats from it"));
                }
                else if (check.NoHalf is { } noHalf)
                {
                    report.Say(null, "float16 on accelerator", $"not used. {noHalf}");
                }
            }
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            report.Say(DoctorErrors.NoRuntime(exception.GetBaseException().Message), "accelerator", "none");
        }

        return report.IsWell ? 0 : 1;
    }

    private static Error? CheckNames(StudioOptions studio) => studio.IsNameless ? OwnNameErrors.NotNamed(studio.Urls) : null;

    private sealed class Report
    {
        public bool IsWell { get; private set; } = true;

        public void Say(Error? error, string subject, string found)
        {
            IsWell &= error is null;
            Console.WriteLine(error is null ? $"ok    {subject}: {found}" : $"wrong {subject}: {found}. {error}");
        }
    }
}

/// <summary>What the doctor finds.</summary>
internal static class DoctorErrors
{
    public static Error DiskLow(long least) => new(
        "doctor.disk_low",
        $"Less than {Size.Format(least, CultureInfo.InvariantCulture)} is free.",
        "Free some space, or move Studio:DataPath to a larger disk.");

    public static Error NoRuntime(string reason) => new(
        "doctor.no_runtime", $"ONNX Runtime does not load: {reason.TrimEnd('.')}.", "Install the libraries that it misses, or build again for this machine.");
}
