using MistralStudio.Core;
using MistralStudio.Core.Prompts;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Prompts;

/// <summary>What a person says of a prompt, tidied and checked, and as its row has it.</summary>
internal static class PromptForms
{
    public const int MaxName = 80, MaxMessage = 1_000;

    private const int MaxFolder = 200, MaxDepth = 5, MaxTags = 20, MaxTag = 40, MaxSearched = 4_000;

    /// <summary>Trims names and removes what is there twice; fails where something is too long.</summary>
    public static Result<PromptForm> Tidy(PromptForm form)
    {
        var name = form.Name.Trim();
        if (name.Length is 0 or > MaxName || name.Any(char.IsControl))
        {
            return PromptStoreErrors.NameWrong(MaxName);
        }

        string[] path = form.Folder.Split('/', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var folder = string.Join('/', path);
        if (folder.Length > MaxFolder || path.Length > MaxDepth || folder.Any(char.IsControl))
        {
            return PromptStoreErrors.FolderWrong();
        }

        string[] tags = [.. form.Tags.Select(tag => tag.Trim()).Where(tag => tag.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase)];
        return tags.Length > MaxTags || tags.Any(tag => tag.Length > MaxTag || tag.Any(char.IsControl))
            ? PromptStoreErrors.TagWrong()
            : new PromptForm(name, folder, tags, form.IsArchived);
    }

    /// <summary>Writes a tidy form into a row.</summary>
    public static void Write(PromptRow row, PromptForm form, PromptContent latest)
    {
        (row.Name, row.Folder, row.IsArchived) = (form.Name, form.Folder, form.IsArchived);
        row.Tags = form.Tags.Count == 0 ? "" : $"\n{string.Join('\n', form.Tags)}\n";
        var text = string.Join('\n', latest.Messages.Select(message => message.Text));
        row.SearchText = ListQuery.Normalize($"{form.Name}\n{row.Slug}\n{string.Join('\n', form.Tags)}\n{(text.Length <= MaxSearched ? text : text[..MaxSearched])}");
    }

    /// <summary>The form that a row has.</summary>
    public static PromptForm Read(PromptRow row) => new(row.Name, row.Folder, row.Tags.Split('\n', StringSplitOptions.RemoveEmptyEntries), row.IsArchived);
}
