using System.CommandLine;
using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Hosting;

/// <summary><c>models list|import|remove</c>: what is installed; a running studio sees the change at once.</summary>
internal static class ModelsCommand
{
    public static Command Create()
    {
        var list = new OperatorCommand("list", Permissions.ModelsRead, "Prints the installed models: id, task, size, licence, and what is wrong where something is.");
        list.SetAction((_, cancellationToken) => OfflineServices.RunAsync((services, _) => Task.FromResult(List(services)), cancellationToken));

        var source = new Argument<string>("source") { Description = "A .gguf file, a folder with model.safetensors, an https address, or an entry of the catalogue." };
        var id = new Option<string?>("--id") { Description = "The id that it gets; made of the file's name otherwise." };
        var link = new Option<bool>("--link") { Description = "Uses the files where they lie instead of copying them." };
        var sha256 = new Option<string?>("--sha256") { Description = "The expected SHA-256 of the weights at an address." };
        var import = new OperatorCommand("import", Permissions.ModelsManage, "Brings a model here, checks it, and prints its id.") { source, id, link, sha256 };
        import.SetAction((parsed, cancellationToken) => OfflineServices.RunAsync(
            (services, _) => ImportAsync(services, Read(parsed.GetValue(source)!, parsed.GetValue(id), parsed.GetValue(link), parsed.GetValue(sha256)), cancellationToken), cancellationToken));

        var model = new Argument<string>("id") { Description = "Which one; `models list` prints the ids." };
        var remove = new OperatorCommand("remove", Permissions.ModelsManage, "Removes a model's files; refused while something uses it.") { model };
        remove.SetAction((parsed, cancellationToken) => OfflineServices.RunAsync(
            (services, _) => RemoveAsync(services, parsed.GetValue(model)!, cancellationToken), cancellationToken));
        return new Command("models", "Models on this machine.") { list, import, remove };
    }

    private static ModelSource Read(string source, string? id, bool link, string? sha256)
    {
        if (Uri.TryCreate(source, UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return new ModelSource.FromUrl(address, sha256, id);
        }

        var path = Path.GetFullPath(source);
        return id is null && !Path.Exists(path) && !source.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.HasExtension(source)
            ? new ModelSource.FromCatalogue(source)
            : new ModelSource.FromPath(path, link, id);
    }

    private static int List(IServiceProvider services)
    {
        foreach (var model in services.GetRequiredService<IModelHost>().List())
        {
            var size = Size.Format(model.FileBytes, CultureInfo.InvariantCulture);
            Console.WriteLine($"{model.Id}\t{model.Task.ToString().ToLowerInvariant()}\t{size}\t{(model.Licence.Length > 0 ? model.Licence : "-")}{(model.Error is { } error ? $"\t{error.Message}" : "")}");
        }

        return 0;
    }

    private static async Task<int> ImportAsync(IServiceProvider services, ModelSource source, CancellationToken cancellationToken)
    {
        var library = services.GetRequiredService<IModelLibrary>();
        var started = await library.StartAsync(source, workspace: null, cancellationToken);
        if (!started.IsSuccess)
        {
            return ServeCommand.Fail(started.Error);
        }

        var shown = -1;
        ModelImport ended;
        try
        {
            ended = await library.WaitAsync(started.Value.Id, Show, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await library.CancelAsync(started.Value.Id, CancellationToken.None);
            return 1;
        }

        if (ended.Error is { } error)
        {
            return ServeCommand.Fail(error);
        }

        Console.WriteLine(ended.Model);
        return 0;

        void Show(ModelImport import)
        {
            var percent = (int)((import.Share ?? 0) * 100);
            if (import.State == ImportState.Transferring && percent / 5 != shown / 5)
            {
                shown = percent;
                var rate = import.BytesPerSecond is { } pace ? $", {Size.Format((long)pace, CultureInfo.InvariantCulture)}/s" : "";
                var left = import.Left is { } time ? string.Create(CultureInfo.InvariantCulture, $", {time.TotalSeconds:0} s left") : "";
                Console.Error.WriteLine($"{percent} % of {Size.Format(import.TotalBytes ?? 0, CultureInfo.InvariantCulture)}{rate}{left}");
            }
        }
    }

    private static async Task<int> RemoveAsync(IServiceProvider services, string id, CancellationToken cancellationToken)
    {
        var removed = await services.GetRequiredService<IModelLibrary>().RemoveAsync(id, asker: null, cancellationToken);
        return removed.IsSuccess ? 0 : ServeCommand.Fail(removed.Error);
    }
}
