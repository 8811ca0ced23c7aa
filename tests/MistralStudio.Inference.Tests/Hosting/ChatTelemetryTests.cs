using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Inference.Tests.Hosting;

public sealed class ChatTelemetryTests(StarterModels starters) : IClassFixture<StarterModels>
{
    private const string Room = "MistralStudio.Inference";
    private const string Secret = "kingfisher";
    private const string Model = "smollm2-135m-instruct";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnAnswer_IsASpanWithItsPhases_AndNoWordOfIt()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Room,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var response = await Client.GetResponseAsync($"Say {Secret}.", new ChatOptions { MaxOutputTokens = 12, Temperature = 0, N = 2 }, Token);

        var span = spans.Single(each => each.DisplayName == $"chat {Model}" && (string?)each.GetTagItem("gen_ai.response.id") == response.ResponseId);
        Assert.Equal("chat", span.GetTagItem("gen_ai.operation.name"));
        Assert.Equal(12, span.GetTagItem("gen_ai.request.max_tokens"));
        Assert.Equal(2, Assert.IsType<string[]>(span.GetTagItem("gen_ai.response.finish_reasons")).Length);
        Assert.Equal((int)response.Usage!.OutputTokenCount!, span.GetTagItem("gen_ai.usage.output_tokens"));
        var phases = spans.Where(each => each.ParentSpanId == span.SpanId).ToList();
        Assert.Equal(["queue", "template", "tokenize", "prefill", "decode"], phases.Select(phase => phase.DisplayName));
        // Phases are timed by the monotonic clock, the span by the system's: on a busy machine they are read a little apart.
        var apart = TimeSpan.FromMilliseconds(250);
        Assert.All(phases, phase => Assert.InRange(phase.StartTimeUtc, span.StartTimeUtc - apart, span.StartTimeUtc + span.Duration + apart));
        Assert.InRange(phases.Where(phase => phase.DisplayName is "queue" or "prefill" or "decode").Sum(phase => phase.Duration.TotalMilliseconds), 1, (span.Duration + apart).TotalMilliseconds);
        Assert.All([span, .. phases], each => Assert.All(each.TagObjects, tag => Assert.DoesNotContain(Secret, $"{tag.Value}", StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task Answers_AreMeasured_InTheConventionsNames_AndARefusalByItsCode()
    {
        var points = new ConcurrentDictionary<string, ConcurrentQueue<(double Value, string? Error)>>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == Room)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        } };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        await Client.GetResponseAsync("Count to ten.", new ChatOptions { MaxOutputTokens = 8, IgnoreEos = true }, Token);
        await Assert.ThrowsAsync<ModelException>(() => Client.GetResponseAsync(new string('x', 100_000), cancellationToken: Token));

        Assert.Contains(points["gen_ai.client.token.usage"], point => point.Value == 8);
        Assert.Contains(points["gen_ai.client.operation.duration"], point => point.Error == "model.prompt_too_long");
        Assert.All(
            [
                "gen_ai.client.operation.duration", "gen_ai.server.time_to_first_token", "gen_ai.server.time_per_output_token", "mistralstudio.engine.queue.duration",
                "mistralstudio.engine.template.duration", "mistralstudio.engine.prefill.duration", "mistralstudio.engine.decode.duration", "mistralstudio.engine.batch.size",
            ],
            name => Assert.Contains(points[name], point => point is { Value: > 0 and < 60, Error: null }));

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? error = null;
            foreach (var (key, tag) in tags)
            {
                error = key == "error.type" ? tag as string : error;
            }

            points.GetOrAdd(instrument.Name, _ => []).Enqueue((value, error));
        }
    }

    private IChatClient Client => starters.Models.Chat(Model).Value;
}
