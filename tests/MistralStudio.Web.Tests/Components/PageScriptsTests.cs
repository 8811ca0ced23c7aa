using Microsoft.JSInterop;
using MistralStudio.Web.Components;

namespace MistralStudio.Web.Tests.Components;

/// <summary>Scripts of components that are left at any moment.</summary>
public sealed class PageScriptsTests
{
    [Fact]
    public async Task WhatBegan_EndsWithTheComponent_AndItsModuleAfterIt()
    {
        var page = new Page();
        var scripts = new PageScripts(page, "/chat.js");

        Assert.NotNull(await scripts.BeginAsync("follow"));
        Assert.NotNull(await scripts.BeginAsync("composer"));
        await scripts.DisposeAsync();

        Assert.Equal(["import /chat.js", "follow", "composer", "dispose follow", "dropped follow", "dispose composer", "dropped composer", "dropped /chat.js"], page.Calls);
    }

    [Fact]
    public async Task AComponentThatEndsWhileItsModuleIsOnTheWay_BeginsNothing_AndKeepsNothing()
    {
        var page = new Page { Way = new TaskCompletionSource() };
        var scripts = new PageScripts(page, "/chat.js");
        var begun = scripts.BeginAsync("follow");
        await scripts.DisposeAsync();

        page.Way.SetResult();

        Assert.Null(await begun);
        Assert.Equal(["import /chat.js", "dropped /chat.js"], page.Calls);
    }

    [Fact]
    public async Task AScriptThatBeginsWhileOthersEnd_EndsToo()
    {
        var page = new Page { Begin = ("composer", new TaskCompletionSource()), End = new TaskCompletionSource() };
        var scripts = new PageScripts(page, "/chat.js");
        await scripts.BeginAsync("follow");
        var composer = scripts.BeginAsync("composer");
        var ended = scripts.DisposeAsync();

        page.Begin.Way.SetResult();
        page.End.SetResult();

        Assert.Null(await composer);
        await ended;
        Assert.Contains("dropped follow", page.Calls);
        Assert.Contains("dropped composer", page.Calls);
        Assert.Single(page.Calls, call => call == "dropped /chat.js");
    }

    [Theory]
    [InlineData(typeof(JSDisconnectedException))]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(ObjectDisposedException))]
    public async Task APageThatWasLeft_IsNoFailure(Type thrown)
    {
        var page = new Page { Thrown = (Exception)Activator.CreateInstance(thrown, "left")! };
        await using var scripts = new PageScripts(page, "/chat.js");

        Assert.Null(await scripts.BeginAsync("follow"));
        Assert.False(await scripts.AskAsync<bool>("isPhone"));
        await scripts.DoAsync("open");
    }

    [Fact]
    public async Task AFaultOfAScript_IsOne()
    {
        await using var scripts = new PageScripts(new Page { Thrown = new JSException("damaged") }, "/pdf.js");

        await Assert.ThrowsAsync<JSException>(() => scripts.BeginAsync("open"));
    }

    private sealed class Page : IJSRuntime
    {
        public List<string> Calls { get; } = [];

        public TaskCompletionSource? Way { get; init; }

        public (string Script, TaskCompletionSource Way) Begin { get; init; }

        public TaskCompletionSource? End { get; init; }

        public Exception? Thrown { get; init; }

        public async ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args)
        {
            Calls.Add($"{identifier} {args![0]}");
            await (Way?.Task ?? Task.CompletedTask);
            return Thrown is null ? (TValue)(object)new Script(this, $"{args[0]}") : throw Thrown;
        }

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => InvokeAsync<TValue>(identifier, args);
    }

    private sealed class Script(Page page, string name) : IJSObjectReference
    {
        public async ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args)
        {
            page.Calls.Add(identifier == "dispose" ? $"dispose {name}" : identifier);
            await ((identifier == "dispose" ? page.End?.Task : identifier == page.Begin.Script ? page.Begin.Way.Task : null) ?? Task.CompletedTask);
            return identifier == "dispose" ? default! : (TValue)(object)new Script(page, identifier);
        }

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => InvokeAsync<TValue>(identifier, args);

        public ValueTask DisposeAsync()
        {
            page.Calls.Add($"dropped {name}");
            return default;
        }
    }
}
