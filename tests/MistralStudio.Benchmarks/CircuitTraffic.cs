using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;

namespace MistralStudio.Benchmarks;

/// <summary>What Chromium says of the frames of a circuit's socket.</summary>
internal sealed class CircuitTraffic
{
    private const int Binary = 2;

    private readonly long _began = Stopwatch.GetTimestamp();
    private long _bytes;

    /// <summary>Bytes of payload.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public static async Task<CircuitTraffic> WatchAsync(IPage page)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("Network.enable");
        var traffic = new CircuitTraffic();
        session.Event("Network.webSocketFrameReceived").OnEvent += (_, frame) => traffic.Add(frame);
        session.Event("Network.webSocketFrameSent").OnEvent += (_, frame) => traffic.Add(frame);
        return traffic;
    }

    /// <summary>Seconds since it began.</summary>
    public double Stop() => Stopwatch.GetElapsedTime(_began).TotalSeconds;

    private void Add(JsonElement? frame)
    {
        var response = frame!.Value.GetProperty("response");
        var length = response.GetProperty("payloadData").GetString()!.Length;
        Interlocked.Add(ref _bytes, response.GetProperty("opcode").GetInt32() == Binary ? length * 3L / 4 : length);
    }
}
