using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Conversations;

internal sealed class MessageRow
{
    public MessageId Id { get; set; }

    public ConversationId ConversationId { get; set; }

    /// <summary>Its place among the messages of the conversation, from 0: two of the same instant keep their order.</summary>
    public int Ordinal { get; set; }

    public MessageId? ParentId { get; set; }

    public MessageRole Role { get; set; }

    public MessageState State { get; set; }

    public required string Text { get; set; }

    /// <summary>JSON array of the images of a person's message; null where there are none.</summary>
    public string? Images { get; set; }

    public string? Model { get; set; }

    /// <summary>JSON of the token usage.</summary>
    public string? Usage { get; set; }

    /// <summary>JSON of the turn's timings.</summary>
    public string? Timings { get; set; }

    /// <summary>JSON array of citations; null where there are none.</summary>
    public string? Citations { get; set; }

    /// <summary>JSON array of the passages that the model was given; null where there are none.</summary>
    public string? Given { get; set; }

    /// <summary>JSON array of calls of tools; null where there are none.</summary>
    public string? Tools { get; set; }

    /// <summary>JSON of the comparison with the answer's schema; null where it had none.</summary>
    public string? AnswerCheck { get; set; }

    /// <summary>JSON array of how sure the model was; null where nobody asked.</summary>
    public string? Confidence { get; set; }

    public FeedbackKind? Feedback { get; set; }

    public string? FeedbackNote { get; set; }

    public string? ErrorCode { get; set; }

    public string? ErrorMessage { get; set; }

    public string? ErrorNext { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class MessageConfiguration : IEntityTypeConfiguration<MessageRow>
{
    public void Configure(EntityTypeBuilder<MessageRow> builder)
    {
        builder.ToTable("Messages");
        builder.Property(row => row.Id).ValueGeneratedNever();
        builder.HasIndex(row => new { row.ConversationId, row.Ordinal }).IsUnique();
        builder.HasOne<ConversationRow>().WithMany().HasForeignKey(row => row.ConversationId).OnDelete(DeleteBehavior.Cascade);
    }
}
