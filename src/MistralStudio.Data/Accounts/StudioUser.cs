using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Accounts;

/// <summary>A person with an account on this installation; what they may do is in their memberships.</summary>
public sealed class StudioUser : IdentityUser<Guid>
{
    /// <summary>What others see, up to 80 characters.</summary>
    [ProtectedPersonalData]
    public string DisplayName { get; set; } = "";

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>
    /// An account about to be created: its address is its user name. Set <see cref="IdentityUser{TKey}.PasswordHash"/> before it is stored.
    /// </summary>
    public static StudioUser Create(string email, string displayName, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        UserName = email.Trim(),
        Email = email.Trim(),
        NormalizedUserName = Normalize(email),
        NormalizedEmail = Normalize(email),
        DisplayName = displayName.Trim(),
        CreatedAt = now,
        LockoutEnabled = true,
        SecurityStamp = Guid.NewGuid().ToString("N"),
        ConcurrencyStamp = Guid.NewGuid().ToString(),
    };

    /// <summary>The id as the rest of the house knows it.</summary>
    public UserId UserId => new(Id);

    // The same as Identity's default ILookupNormalizer.
    private static string Normalize(string email) => email.Trim().Normalize().ToUpperInvariant();
}

internal sealed class StudioUserConfiguration : IEntityTypeConfiguration<StudioUser>
{
    public void Configure(EntityTypeBuilder<StudioUser> builder)
    {
        builder.ToTable("Users");
        builder.Property(user => user.Id).ValueGeneratedNever();
        builder.Property(user => user.DisplayName).HasMaxLength(80);
        builder.Ignore(user => user.UserId);
        builder.HasIndex(user => user.NormalizedEmail).HasDatabaseName("EmailIndex").IsUnique();
    }
}
