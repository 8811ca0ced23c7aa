using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MistralStudio.Tests.Shared.Servers;

/// <summary>A mail server of a few lines: takes what comes, or refuses the command that a test names.</summary>
public sealed class SmtpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _work;

    /// <summary>Listens on a free port.</summary>
    public SmtpServer()
    {
        _listener.Start();
        _work = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Lines of clients, what is inside a message included.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>The answer to a line that begins so, in place of "250 OK"; null hangs up.</summary>
    public Dictionary<string, string?> Answers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The lines of the last message.</summary>
    public List<string> Message { get; } = [];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _work;
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_closing.Token);
                await TalkAsync(client.GetStream());
            }
        }
        catch (Exception closed) when (closed is OperationCanceledException or SocketException or IOException or InvalidOperationException)
        {
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 ready");
        while (await reader.ReadLineAsync(_closing.Token) is { } line)
        {
            Lines.Add(line);
            if (Answers.FirstOrDefault(answer => line.StartsWith(answer.Key, StringComparison.OrdinalIgnoreCase)) is { Key: not null } scripted)
            {
                if (scripted.Value is null)
                {
                    return;
                }

                await writer.WriteLineAsync(scripted.Value);
                continue;
            }

            if (line.StartsWith("DATA", StringComparison.OrdinalIgnoreCase))
            {
                await writer.WriteLineAsync("354 go on");
                Message.Clear();
                while (await reader.ReadLineAsync(_closing.Token) is { } part && part != ".")
                {
                    Message.Add(part);
                }
            }

            await writer.WriteLineAsync(line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase) ? "221 bye" : "250 OK");
        }
    }
}
