using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace MistralStudio.Tests.Shared.Soak;

/// <summary>
/// Many clients at once against a running studio: streams, whole answers, long prompts, schemas, tools, and streams that are left in the middle.
/// Every answer must be the very one that the same request got alone, so a stream with another's text is found out.
/// </summary>
public sealed class SoakRun(StudioProcess studio, HttpClient program, string model, int clients)
{
    private const int MostErrors = 20;
    private const int Ways = 6;
    private static readonly TimeSpan s_sampling = TimeSpan.FromSeconds(5);

    private readonly IReadOnlyList<SoakRequest> _requests = SoakRequest.All(model);
    private readonly Dictionary<SoakRequest, string> _alone = [];
    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly List<(double Seconds, long Bytes)> _memory = [];
    private int _left;
    private int _busy;

    /// <summary>Asks each request alone, then all clients for the given time, then each alone again.</summary>
    public async Task<SoakReport> RunAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        foreach (var request in _requests)
        {
            _alone[request] = await AskWholeAsync(request, cancellationToken) ?? throw new InvalidOperationException(string.Join('\n', _errors));
        }

        var began = Stopwatch.GetTimestamp();
        using (var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            time.CancelAfter(length);
            await Task.WhenAll(Enumerable.Range(0, clients).Select(client => ClientAsync(client, time.Token)).Append(SampleAsync(began, time.Token)));
        }

        cancellationToken.ThrowIfCancellationRequested();
        foreach (var request in _requests)
        {
            Compare(request, await AskWholeAsync(request, cancellationToken));
        }

        return new SoakReport(Stopwatch.GetElapsedTime(began), new SortedDictionary<string, int>(_answers), _left, _busy, [.. _errors], _memory);
    }

    private async Task ClientAsync(int client, CancellationToken end)
    {
        var random = new Random(client);
        // The first requests of all clients together have every kind and every way to ask; what follows is drawn.
        for (var (which, how) = (client, client); !end.IsCancellationRequested && _errors.Count < MostErrors; (which, how) = (random.Next(_requests.Count), random.Next(Ways)))
        {
            var request = _requests[which % _requests.Count];
            try
            {
                switch (how % Ways)
                {
                    case 0:
                        Compare(request, await AskWholeAsync(request, end));
                        break;
                    case 1:
                        await AskStreamAsync(request, leaveAfter: random.Next(1, 12), end);
                        break;
                    default:
                        Compare(request, await AskStreamAsync(request, leaveAfter: null, end));
                        break;
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException or OperationCanceledException)
            {
                // The client's own limit of time among them: a request that is never answered is an error of the run, not its end.
                if (!end.IsCancellationRequested)
                {
                    Note(request, failure.Message);
                }
            }
        }
    }

    private async Task<string?> AskWholeAsync(SoakRequest request, CancellationToken end)
    {
        using var response = await program.PostAsync(Completions, request.ToContent(stream: false), end);
        if (!await IsAnswerAsync(request, response, end))
        {
            return null;
        }

        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(end));
        return SoakRequest.WholeText(body.RootElement);
    }

    // Null where it was refused or left.
    private async Task<string?> AskStreamAsync(SoakRequest request, int? leaveAfter, CancellationToken end)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Completions) { Content = request.ToContent(stream: true) };
        using var response = await program.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, end);
        if (!await IsAnswerAsync(request, response, end))
        {
            return null;
        }

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(end));
        var text = new StringBuilder();
        for (var events = 0; await reader.ReadLineAsync(end) is { } line;)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
            {
                continue;
            }

            if (line == "data: [DONE]")
            {
                return text.ToString();
            }

            using var chunk = JsonDocument.Parse(line.AsMemory(6));
            if (chunk.RootElement.TryGetProperty("error", out var error))
            {
                Note(request, error.GetRawText());
                return null;
            }

            foreach (var choice in chunk.RootElement.GetProperty("choices").EnumerateArray())
            {
                text.Append(SoakRequest.TextOf(choice.GetProperty("delta")));
            }

            if (++events == leaveAfter)
            {
                Interlocked.Increment(ref _left);
                return null;
            }
        }

        Note(request, "the stream ended without its end");
        return null;
    }

    private async Task<bool> IsAnswerAsync(SoakRequest request, HttpResponseMessage response, CancellationToken end)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return true;
        }

        if (response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.RetryAfter?.Delta is { } wait)
        {
            Interlocked.Increment(ref _busy);
            await Task.Delay(wait, end);
            return false;
        }

        Note(request, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(end)}");
        return false;
    }

    private void Compare(SoakRequest request, string? text)
    {
        if (text is null)
        {
            return;
        }

        _answers.AddOrUpdate(request.Kind, 1, (_, count) => count + 1);
        if (text != _alone[request])
        {
            Note(request, $"alone it is \"{_alone[request]}\", here it was \"{text}\"");
        }
    }

    private void Note(SoakRequest request, string what) => _errors.Enqueue($"{request.Kind}: {what}");

    private async Task SampleAsync(long began, CancellationToken end)
    {
        using var timer = new PeriodicTimer(s_sampling);
        try
        {
            do
            {
                _memory.Add((Stopwatch.GetElapsedTime(began).TotalSeconds, studio.ResidentBytes));
            }
            while (await timer.WaitForNextTickAsync(end));
        }
        catch (OperationCanceledException)
        {
            // the time is over
        }
    }

    private static Uri Completions { get; } = new("/v1/chat/completions", UriKind.Relative);
}

/// <summary>How a soak went.</summary>
/// <param name="Answers">Whole answers by kind.</param>
/// <param name="Left">Streams that their client left in the middle.</param>
/// <param name="Busy">Requests refused with 429 and a time to come again.</param>
/// <param name="Errors">Everything else that was not the expected answer.</param>
/// <param name="Memory">Resident bytes of the server over time.</param>
public sealed record SoakReport(
    TimeSpan Length, IReadOnlyDictionary<string, int> Answers, int Left, int Busy, IReadOnlyList<string> Errors, IReadOnlyList<(double Seconds, long Bytes)> Memory)
{
    /// <summary>Mean memory of the last tenth over that of the tenth that begins at <paramref name="settled"/>; 1 is flat, NaN where the run was shorter.</summary>
    public double MemoryGrowth(TimeSpan settled)
    {
        var after = Memory.Where(sample => sample.Seconds >= settled.TotalSeconds).Select(sample => (double)sample.Bytes).ToList();
        var tenth = after.Count / 10;
        return tenth == 0 ? double.NaN : after.TakeLast(tenth).Average() / after.Take(tenth).Average();
    }
}
