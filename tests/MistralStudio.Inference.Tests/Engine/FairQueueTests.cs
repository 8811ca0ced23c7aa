using MistralStudio.Inference.Engine;

namespace MistralStudio.Inference.Tests.Engine;

public sealed class FairQueueTests
{
    [Theory]
    [InlineData("a1 a2 a3 a4 b1 c1 c2", "a1 b1 c1 a2 c2 a3 a4")]
    [InlineData("a1 a2 a3", "a1 a2 a3")]
    [InlineData("b1 a1 b2 a2", "b1 a1 b2 a2")]
    [InlineData("", "")]
    public void Clients_TakeTurns_AndEachComesInOrder(string came, string served)
    {
        var queue = new FairQueue<string>();
        foreach (var item in came.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            queue.Add(item[..1], item);
        }

        var order = new List<string>();
        while (queue.TryTake(out var item))
        {
            order.Add(item);
        }

        Assert.Equal(served, string.Join(' ', order));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void WhoLeaves_MakesPlace_AndTakesNoTurn()
    {
        var queue = new FairQueue<string>();
        queue.Add("a", "a1");
        queue.Add("b", "b1");
        queue.Add("b", "b2");
        Assert.True(queue.Remove("a", "a1"));
        Assert.False(queue.Remove("a", "a1"));
        Assert.Equal((2, 0, 2), (queue.Count, queue.CountOf("a"), queue.CountOf("b")));
        Assert.True(queue.TryTake(out var first));
        Assert.Equal("b1", first);
    }
}
