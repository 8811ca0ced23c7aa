using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Tests.Engine;

public sealed class StopTextTests
{
    [Theory]
    [InlineData(new[] { "Hello ", "wor", "ld." }, new[] { "END" }, "Hello world.", false)]
    [InlineData(new[] { "one E", "ND two" }, new[] { "END" }, "one ", true)]
    [InlineData(new[] { "a\n", "\nb" }, new[] { "\n\n" }, "a", true)]
    [InlineData(new[] { "EN", "EN", "D" }, new[] { "END" }, "EN", true)]
    [InlineData(new[] { "abc" }, new[] { "c", "ab" }, "", true)]
    [InlineData(new[] { "half EN" }, new[] { "END" }, "half EN", false)]
    public void Push_StopsAcrossPieces_AndLosesNothingElse(string[] pieces, string[] stops, string written, bool stopped)
    {
        var stop = new StopText(stops);
        var text = string.Concat(pieces.Select(stop.Push));
        Assert.Equal(stopped, stop.Stopped);
        Assert.Equal(written, stopped ? text : text + stop.Flush());
    }
}
