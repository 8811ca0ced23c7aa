#pragma warning disable BL0006 // nothing else says what one message to the browser holds
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.RenderTree;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Tests.Chat;

public sealed class AnswerBeatTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task FourAnswersThatGrow_AreRenderedInOneBatch_OncePerBeat()
    {
        await using var services = new ServiceCollection().AddLogging().AddLocalization().AddSingleton(new AnswerBeat(_time)).BuildServiceProvider();
        List<ChatEntry> entries = [.. Enumerable.Range(0, 4).Select(_ => new ChatEntry(MessageId.New(), MessageId.New(), MessageRole.Assistant, DateTimeOffset.UnixEpoch) { Phase = AnswerPhase.Writing })];
        await using var renderer = new CountingRenderer(services);
        await renderer.ShowAsync(entries);
        renderer.Batches.Clear();

        for (var token = 0; token < 20; token++)
        {
            Grow($" word{token}");
        }

        // The first token is shown at once, the rest with the beat.
        await renderer.Dispatcher.InvokeAsync(() => Assert.Equal([1], renderer.Batches));
        _time.Advance(RenderPace.Interval);
        await renderer.Dispatcher.InvokeAsync(() => Assert.Equal([1, 4], renderer.Batches));

        // Nothing grew: nothing is rendered.
        _time.Advance(RenderPace.Interval);
        await renderer.Dispatcher.InvokeAsync(() => Assert.Equal([1, 4], renderer.Batches));

        void Grow(string text)
        {
            foreach (var entry in entries)
            {
                entry.Append(text);
                entry.Notify();
            }
        }
    }

    /// <summary>Counts what would be sent to the browser: components of each batch.</summary>
    private sealed class CountingRenderer(IServiceProvider services) : Renderer(services, NullLoggerFactory.Instance)
    {
        public List<int> Batches { get; } = [];

        public override Dispatcher Dispatcher { get; } = Dispatcher.CreateDefault();

        public Task ShowAsync(IEnumerable<ChatEntry> entries) => Dispatcher.InvokeAsync(async () =>
        {
            foreach (var entry in entries)
            {
                var view = InstantiateComponent(typeof(MessageView));
                await RenderRootComponentAsync(AssignRootComponentId(view), ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(MessageView.Entry)] = entry }));
            }
        });

        protected override void HandleException(Exception exception) => ExceptionDispatchInfo.Throw(exception);

        protected override Task UpdateDisplayAsync(in RenderBatch renderBatch)
        {
            Batches.Add(renderBatch.UpdatedComponents.Count);
            return Task.CompletedTask;
        }
    }
}
