using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Bunit;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Security;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Web.Features.Flows;
using MistralStudio.Web.Features.Flows.Editor;
using MistralStudio.Web.Features.Flows.Values;
using MistralStudio.Web.Tests.Api;

namespace MistralStudio.Web.Tests.Flows;

/// <summary>Values of ten megabytes on the pages of runs: read a part at a time, and to be had whole.</summary>
public sealed class LargeValueTests(ApiStudio studio) : FlowTests(studio)
{
    private const int TenMegabytes = 10_000_000;

    private const string Passed = """
        {"schema":"mistralstudio.flow/1",
         "nodes":[{"id":"start","type":"start"},{"id":"keep","type":"set-variable","config":{"name":"kept"}},{"id":"out","type":"output"}],
         "edges":[{"from":"start.text","to":"keep.value"},{"from":"keep.value","to":"out.text"}],
         "inputs":[{"name":"text","type":"text","required":true}]}
        """;

    [Fact]
    public async Task AnOutputOfTenMegabytes_IsReadAPartAtATime_AndDownloadedWhole()
    {
        var owner = await OwnerAsync();
        var text = string.Concat(Enumerable.Range(0, TenMegabytes / 20).Select(number => number.ToString("D18", CultureInfo.InvariantCulture) + "é"));
        var run = await RunAsync(owner, await CreateAsync(owner, Passed), new { text });
        var state = await ViewAsync(owner, run);

        // The page holds where it is, not what it is.
        var value = state.Outputs["text"];
        Assert.False(value.IsAtHand);
        Assert.InRange(value.Bytes, TenMegabytes - 1_000, TenMegabytes + 1_000);
        var list = Render<ValueList>(set => set.Add(one => one.Values, state.Outputs).Add(one => one.Run, run).AddCascadingValue(Scopes.Of(owner.Workspace, owner.User!.Value, Role.Owner)));
        Assert.Empty(list.FindAll("pre"));

        await list.Find("[data-part]").ClickAsync(new());
        await list.Find("[data-part]").ClickAsync(new());
        var shown = list.Find("pre").TextContent;
        Assert.InRange(shown.Length, 1, 2 * ValueReader.PartBytes);
        Assert.StartsWith(shown, text, StringComparison.Ordinal);
        Assert.InRange(list.Markup.Length, shown.Length, shown.Length + 4_000);

        // As a file, whole or a part.
        using var client = await Studio.SignedInAsync();
        var address = list.Find("a[download]").GetAttribute("href")!;
        Assert.Equal(value.Bytes, (await client.GetByteArrayAsync(address, Token)).LongLength);
        using var part = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Range = new RangeHeaderValue(1, 18) } };
        var answer = await client.SendAsync(part, Token);
        Assert.Equal((HttpStatusCode.PartialContent, text[..18]), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Token)));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Parts_TogetherAreTheValue_WhereverTheyAreCut(string kind)
    {
        // Letters of one to four bytes, escapes and pairs, so that every kind of them lies on some border.
        var random = new Random(7);
        string[] pieces = ["a", "é", "€", "😀", "\n", "\"", "\\", "\u0001", "\u2028"];
        var text = new StringBuilder();
        while (text.Length < 5 * ValueReader.PartBytes)
        {
            text.Append(pieces[random.Next(pieces.Length)]);
        }

        var (blobs, workspace) = (new InMemoryBlobs(), WorkspaceId.New());
        var json = kind == "text" ? JsonSerializer.SerializeToUtf8Bytes($"{text}") : JsonSerializer.SerializeToUtf8Bytes(new[] { $"{text}" }, FlowJson.Relaxed);
        var blob = (await blobs.PutAsync(workspace, "run:1", new MemoryStream(json), json.Length, Token)).Value;
        var reader = new ValueReader(blobs, workspace, blob);
        var read = new StringBuilder();
        while (!reader.IsAtEnd)
        {
            var at = reader.At;
            read.Append(await reader.NextAsync(Token));
            Assert.InRange(reader.At - at, 1, ValueReader.PartBytes);
        }

        Assert.Equal(kind == "text" ? $"{text}" : Encoding.UTF8.GetString(json), $"{read}");
        await blobs.ReleaseAsync(workspace, blob.Sha256, "run:1", Token);
        Assert.Null(await new ValueReader(blobs, workspace, blob).NextAsync(Token));
    }

    [Fact]
    public async Task ALargeValueOfAPastRun_IsTakenByATrialAsItIs_NotIntoAField()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Passed);
        var run = await RunAsync(owner, flow, new { text = new string('x', 200_000) });
        using var state = State(owner);
        await state.LoadAsync(flow.Id, Token);
        using var trial = new TrialState(Get<MistralStudio.Flows.Hosting.FlowRuns>(), Get<IRunStore>(), owner);
        trial.Show(state.Look!, "keep");
        await trial.ListRunsAsync(flow.Id, Token);

        Assert.True(await trial.TakeAsync(trial.Runs!.Single(one => one.Id == run), state.Draft.Definition, Token));
        var field = Assert.Single(trial.Fields);
        Assert.Empty(field.Text);
        var fields = Render<ValueFields>(set => set.Add(one => one.Fields, trial.Fields));
        Assert.Empty(fields.FindAll("textarea"));
        await trial.TryAsync(flow.Id, state.Draft.Definition);
        Assert.Null(trial.Error);
        Assert.InRange(trial.Outputs["value"].Bytes, 200_000, 200_100);

        // Or something else is typed.
        fields.Find(".held button").Click();
        Assert.Null(field.Held);
        Assert.Single(fields.FindAll("textarea"));
    }

    [Fact]
    public async Task OfARunThatWasDeleted_APartIsSaidToBeGone_AndItsMomentsCanStillBeLookedAt()
    {
        var owner = await OwnerAsync();
        var flow = await CreateAsync(owner, Passed);
        var run = await RunAsync(owner, flow, new { text = new string('y', 100_000) });
        var state = await ViewAsync(owner, run);
        var list = Render<ValueList>(set => set.Add(one => one.Values, state.Outputs).Add(one => one.Run, run).AddCascadingValue(Scopes.Of(owner.Workspace, owner.User!.Value, Role.Owner)));
        await list.Find("[data-part]").ClickAsync(new());
        Assert.True((await Get<IFlowStore>().DeleteAsync(owner.Workspace, flow.Id, owner.User, Token)).IsSuccess);

        Assert.True(await state.LookAsync(Token));
        await list.Find("[data-part]").ClickAsync(new());
        Assert.Contains("It is not there any more", list.Find("[role=status]").TextContent, StringComparison.Ordinal);
        await state.GoAsync(2, Token);
        Assert.True(state.IsBack);
        Assert.False(state.MayRun);
    }
}
