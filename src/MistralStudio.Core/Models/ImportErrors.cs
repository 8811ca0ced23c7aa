namespace MistralStudio.Core.Models;

/// <summary>Expected failures of bringing models here and taking them off.</summary>
public static class ImportErrors
{
    public static Error NotFound() => new("import.not_found", "There is no such import here.", "It may have been taken off the list; look at the installed models.");

    public static Error NotInCatalogue(string id) => new(
        "import.not_found", $"The catalogue has no model \"{id}\".", "Choose one that GET /api/models/catalogue or the page of models lists.");

    public static Error BadCatalogue(string file, string reason) => new(
        "import.catalogue_unreadable", $"The catalogue {file} cannot be read: {reason}.", "Mend the file; its neighbours in the repository show the form.");

    public static Error BadPath(string path) => new(
        "import.bad_path", $"\"{path}\" is no absolute path of a .gguf file or of a folder with a model.safetensors.", "Give the whole path on the machine that the studio runs on.");

    public static Error NothingThere(string path) => new(
        "import.nothing_there", $"There is no model at {path} that the studio may read.", "Check the path, and that the user who runs the studio may read it.");

    public static Error BadUrl(string url) => new(
        "import.bad_url", $"\"{url}\" is no address of a .gguf or .safetensors file.", "Copy the address of the file's download link; it begins with https://.");

    public static Error BadChecksum(string text) => new(
        "import.bad_checksum", $"\"{text}\" is no SHA-256.", "It has 64 hex digits; leave it out where you do not know it.");

    public static Error BadId(string id) => new(
        "import.bad_id", $"\"{id}\" cannot be a model's id.", "Use lower-case letters, digits, dots, hyphens and underscores, up to 128.");

    public static Error IdTaken(string id) => new(
        "import.id_taken", $"A model \"{id}\" is installed already.", "Remove it first, or give the new one another id.");

    public static Error Running(string id) => new(
        "import.running", $"\"{id}\" is being imported already.", "Wait for it, or cancel it.");

    public static Error Elsewhere() => new(
        "import.elsewhere", "Another process works on this import: the command line.", "Stop it there.");

    public static Error DiskFull(long needed, long free) => new(
        "storage.disk_full",
        $"The model needs {Size.Format(needed)}, and the disk of the data folder has {Size.Format(free)} free.",
        "Free some space, or choose a smaller model.");

    public static Error DiskFilled() => new(
        "storage.disk_full", "The disk of the data folder is full.", "Free some space, then try again.");

    public static Error TooLarge(long bytes, long limit) => new(
        "import.too_large", $"This model has {Size.Format(bytes)}; the limit is {Size.Format(limit)}.", "Choose a smaller one, or raise Inference:MaxModelBytes.");

    public static Error WebPage(string url) => new(
        "import.web_page", $"{url} answers with a web page, not with a model.", "Copy the address of the file's own download link; a model behind a sign-in has to be downloaded by hand.");

    public static Error Answered(string host, int status) => new(
        status == 404 ? "import.address_gone" : "import.refused_there",
        status == 404 ? $"{host} has no such file (404)." : $"{host} refuses the file ({status}).",
        status is 401 or 403 ? "The file needs an account there: download it by hand, then import it from its path." : "Check the address in a browser.");

    public static Error Broken(string host) => new(
        "import.connection_broke", $"The connection to {host} broke several times.", "Try again: the download goes on where it stopped.");

    public static Error WrongChecksum(string file, string expected, string found) => new(
        "import.wrong_checksum",
        $"{file} is not the expected file: its SHA-256 is {found}, not {expected}.",
        "Download it again; if that stays, do not trust the source.");

    public static Error WrongSize(string file, long expected, long found) => new(
        "import.wrong_size", $"{file} has {Size.Format(found)} instead of {Size.Format(expected)}.", "Try again, or take another source.");

    public static Error ForeignFile(string name) => new(
        "import.foreign_file", $"\"{name}\" is no part of a model.", "Send one .gguf file, or model.safetensors with its JSON files and vocab.txt.");

    public static Error InParts(string name) => new(
        "import.in_parts", $"{name} is one part of a model that is split over several files.", "Join the parts with llama-gguf-split --merge, then import the whole.");

    public static Error NoModel() => new(
        "import.no_model", "There is no model in what arrived: neither a .gguf file nor a model.safetensors.", "Send one of them.");

    public static Error CutOff() => new(
        "import.cut_off", "The upload ended in the middle.", "Send the files again.");

    public static Error Unreadable(string reason) => new(
        "import.unreadable", $"The files could not be read or written: {reason}.", "Check the rights on the source and on the data folder, then try again.");

    public static Error ReadOnly(string id) => new(
        "model.read_only", $"\"{id}\" comes with the product and stays.", "It takes no memory while it is not loaded.");

    public static Error InUse(string id, IEnumerable<string> where) => new(
        "model.in_use", $"\"{id}\" is used by {string.Join(", ", where)}.", "Give them another model first, then remove this one.");

    public static Error LoadedElsewhere(string id) => new(
        "model.in_use", $"The running studio has \"{id}\" in memory.", "Unload it on the page of models, or remove it there.");
}
