using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Core.Tests;

public sealed class RankingQualityTests
{
    private static readonly PassageId[] s_passages = [.. Enumerable.Range(0, 12).Select(_ => new PassageId(Guid.NewGuid()))];

    [Fact]
    public void ThePerfectRanking_IsOne() =>
        Assert.Equal(new RankingQuality(1, 1, 1, 1, 10), RankingQuality.Of(Judged((0, Relevance.Yes), (1, Relevance.Partly), (2, Relevance.No)), s_passages, 10));

    [Fact]
    public void AnAnswerInThirdPlace_CountsByItsDiscount()
    {
        var quality = RankingQuality.Of(Judged((2, Relevance.Yes)), s_passages, 10);
        Assert.Equal((1, 1.0 / 3, 0.5), (quality.Recall, quality.ReciprocalRank, Math.Round(quality.Ndcg, 12))); // 1 / log2(4)
    }

    [Fact]
    public void APartialAnswerAboveTheWholeOne_CostsGain()
    {
        // (1/log2(2) + 3/log2(3)) / (3/log2(2) + 1/log2(3))
        var quality = RankingQuality.Of(Judged((0, Relevance.Partly), (1, Relevance.Yes)), s_passages, 10);
        Assert.Equal(0.796708, quality.Ndcg, 6);
    }

    [Fact]
    public void WhatIsNotAmongTheFirst_IsNotFound() =>
        Assert.Equal(new RankingQuality(1, 0, 0, 0, 10), RankingQuality.Of(Judged((11, Relevance.Yes)), s_passages, 10));

    [Fact]
    public void AQuestionThatNothingAnswers_IsNotMeasured()
    {
        var none = RankingQuality.Of(Judged((0, Relevance.No)), s_passages, 10);
        var one = RankingQuality.Of(Judged((0, Relevance.Yes)), s_passages, 10);
        Assert.Equal(one, RankingQuality.Mean([none, one], 10));
        Assert.Equal(0, RankingQuality.Mean([none], 10).Questions);
    }

    private static JudgedQuestion Judged(params (int Passage, Relevance Relevance)[] judgments) =>
        new("Q", [.. judgments.Select(judged => new Judgment(s_passages[judged.Passage], judged.Relevance))], DateTimeOffset.UnixEpoch);
}
