using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Models;

namespace MistralStudio.Web.Tests.Models;

/// <summary>What a person sees of an import, in each of its states.</summary>
public sealed class ModelCardsTests : BunitContext
{
    private static readonly ModelImport s_import = new()
    {
        Id = "1", Model = "qwen3-4b", Name = "Qwen3 4B", Kind = ImportKind.Catalogue, Source = "https://example.com", State = ImportState.Transferring,
        Bytes = 1L << 30, TotalBytes = 2L << 30, BytesPerSecond = 48 << 20, Left = TimeSpan.FromSeconds(21), StartedAt = DateTimeOffset.UnixEpoch,
    };

    public ModelCardsTests()
    {
        Services.AddLogging();
        Services.AddLocalization();
    }

    [Fact]
    public void ADevice_IsNamed_WithTheReasonWhereItIsNotTheOneAskedFor()
    {
        var model = new InstalledModel { Id = "m", Name = "M", Task = ModelTask.Chat, State = ModelState.Ready, Device = "CPU" };

        Assert.Empty(Render<DeviceNote>(parameters => parameters.Add(note => note.Model, model)).FindAll(".device-reason"));
        var reason = new Error("accelerator.none", "No GPU answers.", "Check the driver.");
        Assert.Contains(
            "No GPU answers. Check the driver.",
            Render<DeviceNote>(parameters => parameters.Add(note => note.Model, model with { DeviceReason = reason })).Find(".device-reason").TextContent,
            StringComparison.Ordinal);
    }

    [Fact]
    public void TheFloatsOfAnAccelerator_AreNamed_WithTheReasonWhereTheyAreTheLongOnes()
    {
        var model = new InstalledModel { Id = "m", Name = "M", Task = ModelTask.Chat, State = ModelState.Ready, Device = "WebGPU, NVIDIA", Precision = "float16" };

        var half = Render<DeviceNote>(parameters => parameters.Add(note => note.Model, model));
        Assert.Equal("WebGPU, NVIDIA · float16", half.Find("span").TextContent);
        Assert.Empty(half.FindAll(".device-reason"));
        var reason = new Error("accelerator.no_float16", "WebGPU, NVIDIA does not compute in float16: no shader-f16.", "Answers are as good.");
        var full = Render<DeviceNote>(parameters => parameters.Add(note => note.Model, model with { Precision = "float32", PrecisionReason = reason }));
        Assert.Equal("WebGPU, NVIDIA · float32", full.Find("span").TextContent);
        Assert.Equal("WebGPU, NVIDIA does not compute in float16: no shader-f16. Answers are as good.", full.Find(".device-reason").TextContent);
        var brief = Render<DeviceNote>(parameters => parameters.Add(note => note.Model, model with { Precision = "float32", PrecisionReason = reason }).Add(note => note.IsBrief, true));
        Assert.Equal(reason.Message, brief.Find("span").GetAttribute("title"));
        Assert.Empty(brief.FindAll(".device-reason"));
    }

    [Theory]
    [InlineData(0, 0, "")]
    [InlineData(2, 0, "2 running")]
    [InlineData(5, 3, "2 running|3 waiting")]
    [InlineData(3, 3, "3 waiting")]
    public void TheQueue_IsToldApart_FromWhatRuns(int active, int waiting, string told)
    {
        var model = new InstalledModel { Id = "m", Name = "M", Task = ModelTask.Chat, State = ModelState.Ready, ActiveRequests = active, WaitingRequests = waiting };
        var note = Render<RequestsNote>(parameters => parameters.Add(shown => shown.Model, model));
        Assert.Equal(told, string.Join('|', note.FindAll("div").Select(line => line.TextContent)));
    }

    [Fact]
    public void ACurve_HasAPointForEachLength_AndItsFiguresInWords()
    {
        var curve = Render<SpeedCurve>(parameters => parameters.Add(c => c.Title, "Reading").Add(c => c.Points, [(64, 900.0), (128, 1200.0), (256, 600.0)]));
        Assert.Equal(["64", "128", "256"], curve.FindAll("text.x").Select(text => text.TextContent));
        Assert.Equal(["0", "1,000", "2,000"], curve.FindAll("text.y").Select(text => text.TextContent));
        Assert.Equal("Reading: 64: 900; 128: 1,200; 256: 600", curve.Find("svg").GetAttribute("aria-label"));
        var heights = curve.FindAll("circle").Select(circle => double.Parse(circle.GetAttribute("cy")!, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.True(heights[1] < heights[0] && heights[0] < heights[2]);
    }

    [Fact]
    public void ADownload_ShowsItsShare_Rate_TimeLeft_AndCancel()
    {
        var cancelled = false;
        var card = Render<ImportCard>(parameters => parameters.Add(c => c.Import, s_import).Add(c => c.MayManage, true).Add(c => c.OnCancel, () => cancelled = true));
        Assert.Contains("1 GB of 2 GB · 48 MB/s · 21.0 s left", card.Markup, StringComparison.Ordinal);
        Assert.Contains("Download 50 %", card.Markup, StringComparison.Ordinal);
        Assert.Equal(["50", "0", "0"], card.FindAll("[role=progressbar]").Select(bar => bar.GetAttribute("aria-valuenow")));
        card.Find("button").Click();
        Assert.True(cancelled);
    }

    [Fact]
    public void AFailure_SaysWhy_AndOffersAnotherTry_ButNotForAnUpload()
    {
        var failed = s_import with { State = ImportState.Failed, Error = ImportErrors.Broken("models.example"), EndedAt = DateTimeOffset.UnixEpoch };
        var card = Render<ImportCard>(parameters => parameters.Add(c => c.Import, failed).Add(c => c.MayManage, true));
        Assert.Contains("The connection to models.example broke", card.Markup, StringComparison.Ordinal);
        Assert.Equal(["Try again", "Dismiss"], card.FindAll("button").Select(button => button.TextContent));
        var upload = Render<ImportCard>(parameters => parameters.Add(c => c.Import, failed with { Kind = ImportKind.Upload }).Add(c => c.MayManage, true));
        Assert.Equal(["Dismiss"], upload.FindAll("button").Select(button => button.TextContent));
    }

    [Fact]
    public void WhoMayNotManage_OnlyWatches()
    {
        var card = Render<ImportCard>(parameters => parameters.Add(c => c.Import, s_import));
        Assert.Empty(card.FindAll("button"));
    }
}
