using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Connections;

/// <summary>Encrypts the key of a connection for that connection alone: moved to another row it opens nothing.</summary>
internal sealed class ConnectionKeys(IDataProtectionProvider protection)
{
    private const string Purpose = "MistralStudio.Connections.Key";

    public string Protect(ConnectionId connection, string key) => For(connection).Protect(key);

    /// <summary>The key; null where it was encrypted with keys that are not here.</summary>
    public string? Unprotect(ConnectionId connection, string key)
    {
        try
        {
            return For(connection).Unprotect(key);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private IDataProtector For(ConnectionId connection) => protection.CreateProtector(Purpose, connection.ToString());
}
