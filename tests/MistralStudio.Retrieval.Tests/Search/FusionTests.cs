using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Index;
using MistralStudio.Retrieval.Search;

namespace MistralStudio.Retrieval.Tests.Search;

public sealed class FusionTests
{
    private static readonly PassageId[] s_passages = [.. Enumerable.Range(0, 10).Select(_ => PassageId.From(Guid.CreateVersion7()))];

    [Fact]
    public void Fusion_AveragesScaledScores()
    {
        var fused = Fusion.MinMax(Leg((1, .9), (2, .5), (3, .1)), Leg((2, 12), (4, 4)), denseWeight: .5);

        Assert.Equal([2, 1, 3, 4], Numbers(fused));
        Assert.Equal(.75, fused[0].Score, 6);
        Assert.Equal((.5, 12.0), (fused[0].Dense, fused[0].Lexical));
        Assert.Null(fused[1].Lexical);
    }

    [Fact]
    public void ReciprocalRanks_AreAddedUp_AndOneThatLeadsBothIsOne()
    {
        var fused = Fusion.ReciprocalRank(Leg((1, .9), (2, .5)), Leg((1, 12), (3, 4), (2, 1)), denseWeight: .5);

        Assert.Equal([1, 2, 3], Numbers(fused));
        Assert.Equal(1, fused[0].Score, 6);
        Assert.Equal((61.0 / 62 / 2) + (61.0 / 63 / 2), fused[1].Score, 6);
    }

    [Fact]
    public void Ranks_TellEachStep()
    {
        var fused = Fusion.MinMax(Leg((1, .9), (2, .5)), Leg((2, 12), (4, 4)), denseWeight: .25);

        Assert.Equal(new HitRanks(2, 1, 1, 0, 1, .75, null), fused[0].Ranks);
        Assert.Equal(new HitRanks(1, null, 2, 1, null, .25, null), fused[1].Ranks);
    }

    [Theory]
    [InlineData(0, new[] { 1, 2, 3 })]
    [InlineData(.5, new[] { 1, 3, 2 })]
    public void Diversity_PutsACopyBehindWhatIsNew(double diversity, int[] expected)
    {
        var ranked = Fusion.Rank(new() { Mode = SearchMode.Dense }, Leg((1, .9), (2, .89), (3, .6)), []);
        var vectors = new Dictionary<PassageId, ReadOnlyMemory<float>>
        {
            [s_passages[1]] = new float[] { 1, 0 }, [s_passages[2]] = new float[] { 1, .01f }, [s_passages[3]] = new float[] { 0, 1 },
        };

        var chosen = Diversity.Choose(ranked, vectors, diversity, 3);

        Assert.Equal(expected, Numbers(chosen));
        Assert.Equal(.9, chosen[0].Score);
    }

    [Fact]
    public void Standings_TellWhereAPassageWent()
    {
        var settings = new SearchSettings { Limit = 1 };
        var fused = Fusion.MinMax(Leg((1, .9), (2, .5)), [], 1);
        var trace = new SearchTrace(Leg((1, .9), (2, .5), (5, .1)), [], fused, fused, fused[..1]);

        Assert.Equal(AbsenceReason.Found, Reason(1, new(true, .9, null)));
        Assert.Equal(AbsenceReason.Outranked, Reason(2, new(true, .5, null)));
        Assert.Equal(AbsenceReason.BelowLegThreshold, Reason(5, new(true, .1, null)));
        Assert.Equal(AbsenceReason.TooDeep, Reason(6, new(true, .05, null)));
        Assert.Equal(AbsenceReason.Filtered, Reason(7, new(false, .8, null)));
        Assert.Equal(AbsenceReason.NotSearched, Reason(8, null));

        AbsenceReason Reason(int passage, LegScores? scores) => Standings.Of(s_passages[passage], scores, settings, trace).Reason;
    }

    private static List<Scored> Leg(params (int Passage, double Score)[] items) => [.. items.Select(item => new Scored(s_passages[item.Passage], item.Score))];

    private static IEnumerable<int> Numbers(IEnumerable<Fused> ranked) => ranked.Select(item => Array.IndexOf(s_passages, item.Passage));
}
