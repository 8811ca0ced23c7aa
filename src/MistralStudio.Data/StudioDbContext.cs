using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Apps;
using MistralStudio.Data.Audit;
using MistralStudio.Data.Batches;
using MistralStudio.Data.Blobs;
using MistralStudio.Data.Connections;
using MistralStudio.Data.Conversations;
using MistralStudio.Data.Flows;
using MistralStudio.Data.Idempotency;
using MistralStudio.Data.Knowledge;
using MistralStudio.Data.Models;
using MistralStudio.Data.Prompts;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data;

/// <summary>
/// All that is true: <c>studio.db</c>, or the database of a PostgreSQL server. Identity works on it directly; everything else goes through
/// the stores of this room, which take one short-lived context from the pooled factory per operation.
/// </summary>
public class StudioDbContext : IdentityUserContext<StudioUser, Guid>
{
    /// <summary>The context of <c>studio.db</c>.</summary>
    public StudioDbContext(DbContextOptions<StudioDbContext> options)
        : base(options)
    {
    }

    private protected StudioDbContext(DbContextOptions options)
        : base(options)
    {
    }

    internal DbSet<WorkspaceRow> Workspaces => Set<WorkspaceRow>();

    internal DbSet<MembershipRow> Memberships => Set<MembershipRow>();

    internal DbSet<InviteRow> Invites => Set<InviteRow>();

    internal DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();

    internal DbSet<KnowledgeBaseRow> KnowledgeBases => Set<KnowledgeBaseRow>();

    internal DbSet<DocumentRow> Documents => Set<DocumentRow>();

    internal DbSet<SourceRow> Sources => Set<SourceRow>();

    internal DbSet<DocumentTextRow> DocumentTexts => Set<DocumentTextRow>();

    internal DbSet<PassageRow> Passages => Set<PassageRow>();

    internal DbSet<PassageRevisionRow> PassageRevisions => Set<PassageRevisionRow>();

    internal DbSet<JudgmentRow> Judgments => Set<JudgmentRow>();

    internal DbSet<QualityRunRow> QualityRuns => Set<QualityRunRow>();

    internal DbSet<BlobRow> Blobs => Set<BlobRow>();

    internal DbSet<BlobReferenceRow> BlobReferences => Set<BlobReferenceRow>();

    internal DbSet<ConversationRow> Conversations => Set<ConversationRow>();

    internal DbSet<MessageRow> Messages => Set<MessageRow>();

    internal DbSet<FeedbackBaseRow> FeedbackBases => Set<FeedbackBaseRow>();

    internal DbSet<AppRow> Apps => Set<AppRow>();

    internal DbSet<AppVersionRow> AppVersions => Set<AppVersionRow>();

    internal DbSet<ShareLinkRow> ShareLinks => Set<ShareLinkRow>();

    internal DbSet<ShareLinkUsageRow> ShareLinkUsages => Set<ShareLinkUsageRow>();

    internal DbSet<ConnectionRow> Connections => Set<ConnectionRow>();

    internal DbSet<AllowedHostRow> AllowedHosts => Set<AllowedHostRow>();

    internal DbSet<DefaultModelRow> DefaultModels => Set<DefaultModelRow>();

    internal DbSet<AuditRow> AuditEntries => Set<AuditRow>();

    internal DbSet<FlowRow> Flows => Set<FlowRow>();

    internal DbSet<FlowDefinitionRow> FlowDefinitions => Set<FlowDefinitionRow>();

    internal DbSet<FlowVersionRow> FlowVersions => Set<FlowVersionRow>();

    internal DbSet<FlowPinRow> FlowPins => Set<FlowPinRow>();

    internal DbSet<FlowTriggerRow> FlowTriggers => Set<FlowTriggerRow>();

    internal DbSet<FlowScheduleRow> FlowSchedules => Set<FlowScheduleRow>();

    internal DbSet<RunRow> Runs => Set<RunRow>();

    internal DbSet<RunEventRow> RunEvents => Set<RunEventRow>();

    internal DbSet<RunSourceRow> RunSources => Set<RunSourceRow>();

    internal DbSet<NodeResultRow> NodeResults => Set<NodeResultRow>();

    internal DbSet<PromptRow> Prompts => Set<PromptRow>();

    internal DbSet<PromptVersionRow> PromptVersions => Set<PromptVersionRow>();

    internal DbSet<PromptLabelRow> PromptLabels => Set<PromptLabelRow>();

    internal DbSet<PromptCallRow> PromptCalls => Set<PromptCallRow>();

    internal DbSet<BatchTableRow> BatchTables => Set<BatchTableRow>();

    internal DbSet<BatchRow> Batches => Set<BatchRow>();

    internal DbSet<BatchResultRow> BatchResults => Set<BatchResultRow>();

    internal DbSet<IdempotencyRow> IdempotencyRecords => Set<IdempotencyRow>();

    /// <summary>Identity's tables with passkeys, whatever the host configures, so that the migrations hold for every host.</summary>
    protected override Version SchemaVersion => IdentitySchemaVersions.Version3;

    /// <inheritdoc/>
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.UseEntityIds();
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();
        configurationBuilder.Properties<Role>().HaveConversion<string>().HaveMaxLength(20);
        configurationBuilder.Properties<DocumentState>().HaveConversion<string>().HaveMaxLength(20);
        configurationBuilder.Properties<MessageRole>().HaveConversion<string>().HaveMaxLength(20);
        configurationBuilder.Properties<FeedbackKind>().HaveConversion<string>().HaveMaxLength(20);
        configurationBuilder.Properties<MessageState>().HaveConversion<string>().HaveMaxLength(20);
    }

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<IdentityUserClaim<Guid>>().ToTable("UserClaims");
        builder.Entity<IdentityUserLogin<Guid>>().ToTable("UserLogins");
        builder.Entity<IdentityUserToken<Guid>>().ToTable("UserTokens");
        builder.Entity<IdentityUserPasskey<Guid>>(passkeys =>
        {
            passkeys.ToTable("UserPasskeys");
            passkeys.HasKey(passkey => passkey.CredentialId);
            passkeys.OwnsOne(passkey => passkey.Data).ToJson();
            passkeys.HasOne<StudioUser>().WithMany().HasForeignKey(passkey => passkey.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        builder.ApplyConfigurationsFromAssembly(typeof(StudioDbContext).Assembly);
    }
}
