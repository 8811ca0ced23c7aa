using System.Net.Sockets;
using System.Text;

namespace MistralStudio.E2E.Tests;

/// <summary>What is longer than it may be is refused in words, and not by a connection that breaks while it is sent.</summary>
[Collection(StudioCollection.Name)]
public sealed class RefusedBodyTests(SharedStudio studio) : BrowserTests
{
    private const int Length = 17 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    // One that looks at the length itself, and one whose body is bound.
    [InlineData("/v1/chat/completions")]
    [InlineData("/api/flows")]
    public async Task WhoeverSendsAllOfABodyThatIsTooLong_IsAnswered(string path)
    {
        using var program = await studio.Server.NewProgramAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(studio.Server.Url.Host, studio.Server.Url.Port, Token);
        await using var connection = client.GetStream();

        await connection.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {studio.Server.Url.Authority}\r\nAuthorization: {program.DefaultRequestHeaders.Authorization}\r\nContent-Type: application/json\r\nContent-Length: {Length}\r\n\r\n"), Token);
        var part = Encoding.ASCII.GetBytes(new string(' ', 1 << 16));
        for (var sent = 0; sent < Length; sent += part.Length)
        {
            await connection.WriteAsync(part, Token);
        }

        var answer = "";
        for (int read; !answer.Contains("\r\n0\r\n", StringComparison.Ordinal) && (read = await connection.ReadAsync(part, Token)) > 0;)
        {
            answer += Encoding.UTF8.GetString(part, 0, read);
        }

        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("too_large", answer, StringComparison.Ordinal);
    }
}
