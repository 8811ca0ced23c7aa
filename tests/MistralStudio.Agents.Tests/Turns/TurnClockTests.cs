using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Agents.Turns;

namespace MistralStudio.Agents.Tests.Turns;

public sealed class TurnClockTests
{
    [Theory]
    [InlineData(1_000, 59)]
    [InlineData(5, 0)]
    public void AModelThatDoesNotSayItsTimes_HasASpeed_UnlessItsWordsCameAllAtOnce(int writingMs, double speed)
    {
        var time = new FakeTimeProvider();
        var clock = new TurnClock(time);
        time.Advance(TimeSpan.FromMilliseconds(300));
        clock.Read(new ChatResponseUpdate(ChatRole.Assistant, "Sixty"));
        time.Advance(TimeSpan.FromMilliseconds(writingMs));
        clock.Read(new ChatResponseUpdate(ChatRole.Assistant, [new TextContent(" words."), new UsageContent(new UsageDetails { InputTokenCount = 5, OutputTokenCount = 60 })]));

        var timings = clock.Timings();
        Assert.Equal((300, writingMs, speed), (timings.FirstTokenMs, timings.DecodeMs, timings.TokensPerSecond));
    }
}
