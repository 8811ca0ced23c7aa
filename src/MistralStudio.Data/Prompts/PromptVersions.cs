using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Data.Prompts;

/// <summary>Rows of versions as values.</summary>
internal static class PromptVersions
{
    /// <summary>The next version of a prompt, whose row is changed with it.</summary>
    public static PromptVersionRow New(PromptRow prompt, PromptContent content, string message, PromptParent? parent, UserId by, DateTimeOffset now)
    {
        prompt.LatestVersion = ++prompt.LastNumber;
        prompt.UpdatedAt = now;
        return new PromptVersionRow
        {
            PromptId = prompt.Id,
            Number = prompt.LatestVersion,
            Hash = PromptJson.Hash(content),
            Content = PromptJson.Write(content),
            Message = message,
            CreatedBy = by.Value,
            CreatedAt = now,
            ParentSlug = parent?.Slug,
            ParentNumber = parent?.Number,
        };
    }

    /// <summary>Versions without their contents.</summary>
    public static IQueryable<Head> Heads(IQueryable<PromptVersionRow> rows) => rows.AsNoTracking().Select(row => new Head
    {
        Prompt = row.PromptId, Number = row.Number, Hash = row.Hash, Message = row.Message, By = row.CreatedBy, At = row.CreatedAt, ParentSlug = row.ParentSlug, ParentNumber = row.ParentNumber,
    });

    public static PromptVersion ToVersion(PromptVersionRow row) => new Head
    {
        Prompt = row.PromptId, Number = row.Number, Hash = row.Hash, Message = row.Message, By = row.CreatedBy, At = row.CreatedAt, ParentSlug = row.ParentSlug, ParentNumber = row.ParentNumber,
    }.ToVersion();

    public static PromptText ToText(PromptRow prompt, PromptVersionRow version) => new(prompt.WorkspaceId, prompt.Slug, prompt.Name, ToVersion(version), Content(version));

    /// <summary>What a version holds.</summary>
    public static PromptContent Content(PromptVersionRow row) =>
        PromptJson.Read(row.Content) is { IsSuccess: true, Value: var content } ? content : throw new InvalidOperationException("A stored prompt cannot be read.");

    /// <summary>A version without its content.</summary>
    internal sealed class Head
    {
        public PromptId Prompt { get; init; }

        public int Number { get; init; }

        public required string Hash { get; init; }

        public required string Message { get; init; }

        public Guid By { get; init; }

        public DateTimeOffset At { get; init; }

        public string? ParentSlug { get; init; }

        public int? ParentNumber { get; init; }

        public PromptVersion ToVersion() => new(
            Prompt, Number, Hash, Message, UserId.From(By), At, ParentSlug is { } slug && ParentNumber is { } number ? new PromptParent(slug, number) : null);
    }
}
