using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace MistralStudio.Web.Features.Accounts;

/// <summary>The one-time code of set-up: printed on the console, always required, dead with the first owner.</summary>
public sealed class SetupCode
{
    /// <summary>22 characters base64url.</summary>
    public string Value { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    /// <summary>Compares in the same time whatever differs.</summary>
    public bool Matches(string? code) =>
        code is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(code), Encoding.UTF8.GetBytes(Value));
}
