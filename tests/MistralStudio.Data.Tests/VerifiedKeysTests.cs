using Microsoft.Data.Sqlite;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Data.Storage;

namespace MistralStudio.Data.Tests;

/// <summary>Keys are remembered, and forgotten with the first change that could matter to them.</summary>
public sealed class VerifiedKeysTests(SqliteData data) : IClassFixture<SqliteData>
{
    private readonly ApiKeyStore _keys = data.Get<ApiKeyStore>();
    private readonly VerifiedKeys _verified = data.Get<VerifiedKeys>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AKeyThatWasFoundGood_IsRemembered_UntilItExpires()
    {
        var expires = data.Time.GetUtcNow().AddMinutes(5);
        var token = await MakeAsync(expires);
        Assert.Null(_verified.Find(Token.Hash(token), data.Time.GetUtcNow()));
        // The first use is noted, which is a change as well.
        await _keys.AuthenticateAsync(token, Cancellation);
        await _keys.AuthenticateAsync(token, Cancellation);
        Assert.NotNull(_verified.Find(Token.Hash(token), data.Time.GetUtcNow()));
        Assert.Null(_verified.Find(Token.Hash(token), expires));
        Assert.Null(_verified.Find(Token.Hash(token + "x"), data.Time.GetUtcNow()));
    }

    [Theory]
    [InlineData("UPDATE ApiKeys SET RevokedAt = 1")]
    [InlineData("UPDATE Memberships SET SuspendedAt = 1")]
    [InlineData("DELETE FROM Memberships")]
    public async Task WhatAnotherProcessWrites_CountsWithTheNextRequest(string change)
    {
        await using var other = new SqliteData();
        await other.InitializeAsync();
        var keys = other.Get<ApiKeyStore>();
        var token = (await keys.CreateAsync(other.Owner.Workspace, other.Owner.User, "script", [Permissions.ModelsUse], null, Cancellation)).Value.Token;
        for (var i = 0; i < 3; i++)
        {
            Assert.NotNull(await keys.AuthenticateAsync(token, Cancellation));
        }

        Assert.NotNull(other.Get<VerifiedKeys>().Find(Token.Hash(token), other.Time.GetUtcNow()));
        await using (var elsewhere = new SqliteConnection($"Data Source={Path.Combine(other.Folder, "studio.db")};Pooling=False"))
        {
            await elsewhere.OpenAsync(Cancellation);
            await using var command = elsewhere.CreateCommand();
            command.CommandText = change;
            Assert.NotEqual(0, await command.ExecuteNonQueryAsync(Cancellation));
        }

        Assert.Null(await keys.AuthenticateAsync(token, Cancellation));
    }

    [Fact]
    public async Task TheUseOfARememberedKey_IsStillNoted()
    {
        var token = await MakeAsync(null);
        await _keys.AuthenticateAsync(token, Cancellation);
        await _keys.AuthenticateAsync(token, Cancellation);
        data.Time.Advance(TimeSpan.FromMinutes(2));
        await _keys.AuthenticateAsync(token, Cancellation);
        var used = (await _keys.ListAsync(data.Owner.Workspace, null, Cancellation)).Single(key => token.StartsWith(key.Prefix, StringComparison.Ordinal)).LastUsedAt;
        Assert.Equal(data.Time.GetUtcNow(), used);
    }

    private async Task<string> MakeAsync(DateTimeOffset? expires) =>
        (await _keys.CreateAsync(data.Owner.Workspace, data.Owner.User, "script", [Permissions.ModelsUse], expires, Cancellation)).Value.Token;
}
