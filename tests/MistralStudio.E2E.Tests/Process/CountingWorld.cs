using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>A server that takes its time, knows payments again by their key, and letters not.</summary>
internal sealed class CountingWorld : IAsyncDisposable
{
    // A payment and a letter for each order, beside each other; the letter goes to no server that knows it again.
    private const string Orders = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[
           {"id":"start","type":"start"},
           {"id":"price","type":"http-request","config":{"url":"URL/price/{{ start.order }}"}},
           {"id":"pay","type":"http-request","config":{"method":"POST","url":"URL/pay/{{ start.order }}","idempotent":true,"body":"{{ price.body }}"},"policy":{"retry":{"attempts":5,"delay":"00:00:00.010"}}},
           {"id":"letter","type":"http-request","config":{"method":"POST","url":"URL/letter/{{ start.order }}","body":"{{ price.body }}"}},
           {"id":"text","type":"template","config":{"template":"{{ start.order }} paid {{ paid.receipt }}"}},
           {"id":"answer","type":"answer"}],
         "edges":[
           {"from":"start.order","to":"price.order"},{"from":"price.body","to":"pay.price"},{"from":"start.order","to":"pay.order"},
           {"from":"price.body","to":"letter.price"},{"from":"start.order","to":"letter.order"},
           {"from":"pay.body","to":"text.paid"},{"from":"letter.status","to":"text.letter"},{"from":"start.order","to":"text.order"},{"from":"text.text","to":"answer.text"}],
         "inputs":[{"name":"order","type":"text","required":true}]}
        """;

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, int>> _payments = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _letters = new(StringComparer.Ordinal);
    private readonly Random _random;
    private TaskCompletionSource? _gate;
    private int _held;
    private LocalServer _server = null!;

    private CountingWorld(int seed) => _random = new Random(seed);

    public int Port => _server.Port;

    /// <summary>The definition of a flow that pays an order of this world and writes a letter.</summary>
    public string Flow => Orders.Replace("URL", $"http://127.0.0.1:{Port}", StringComparison.Ordinal);

    /// <summary>Payments that were sent more than once.</summary>
    public int Repeated => _payments.Values.Sum(keys => keys.Values.Sum(times => times - 1));

    /// <summary>Orders that are held, see <see cref="Hold"/>.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Answers from now on neither the letters of even orders, which it has counted, nor the prices of odd ones.</summary>
    public void Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answers everybody again.</summary>
    public void Release()
    {
        _gate!.SetResult();
        _gate = null;
    }

    public static async Task<CountingWorld> StartAsync(int seed)
    {
        var world = new CountingWorld(seed);
        world._server = await LocalServer.StartAsync(world.AnswerAsync);
        return world;
    }

    /// <summary>Payments and letters of an order.</summary>
    public (int Payments, int Letters) Counted(string order) => (_payments.GetValueOrDefault(order)?.Count ?? 0, _letters.GetValueOrDefault(order));

    /// <summary>Waits for the end of a run, and says what happened where it asks; gives how often that was.</summary>
    public async Task<int> EndAsync(HttpClient program, string run, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        for (var asked = 0; ; await Task.Delay(20, limit.Token))
        {
            var whole = (await program.GetFromJsonAsync<JsonObject>($"/api/runs/{run}", limit.Token))!;
            var order = whole["inputs"]!["order"]!.GetValue<string>();
            switch (whole["state"]!.GetValue<string>())
            {
                case "succeeded":
                    Assert.Equal($"{order} paid r-{order}", whole["outputs"]!["text"]!.GetValue<string>());
                    return asked;
                case "uncertain":
                    var waiting = Assert.Single(whole["waitingFor"]!.AsArray())!;
                    Assert.Equal("letter", waiting["node"]!.GetValue<string>());
                    var happened = Counted(order).Letters > 0;
                    using (var decided = await program.PostAsJsonAsync(
                        $"/api/runs/{run}/resume",
                        new { bookmark = waiting["bookmark"]!.GetValue<string>(), decision = happened ? "done" : "repeat", values = happened ? new { status = 200 } : null },
                        limit.Token))
                    {
                        Assert.True(decided.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.Conflict, await decided.Content.ReadAsStringAsync(limit.Token));
                    }

                    asked++;
                    break;
                case "running":
                    break;
                default:
                    Assert.Fail(whole.ToJsonString());
                    break;
            }
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var (kind, order) = (http.Request.Path.Value!.Split('/')[1], http.Request.Path.Value!.Split('/')[2]);
        switch (kind)
        {
            case "pay":
                _payments.GetOrAdd(order, _ => new(StringComparer.Ordinal)).AddOrUpdate(http.Request.Headers["Idempotency-Key"].ToString(), 1, (_, times) => times + 1);
                break;
            case "letter":
                _letters.AddOrUpdate(order, 1, (_, times) => times + 1);
                break;
        }

        if (_gate is { } gate && kind == (order[^1] % 2 == 0 ? "letter" : "price"))
        {
            Interlocked.Increment(ref _held);
            await gate.Task.WaitAsync(http.RequestAborted);
        }

        int wait;
        lock (_random)
        {
            wait = _random.Next(20, 200);
        }

        await Task.Delay(wait, http.RequestAborted);
        await http.Response.WriteAsJsonAsync(new { receipt = string.Create(CultureInfo.InvariantCulture, $"r-{order}") }, http.RequestAborted);
    }
}
