using MistralStudio.Agents.Turns;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Agents.Tests;

public sealed class ReadingsTests
{
    private const string Text = "aaaa bbbb cccc dddd eeee ffff";
    private static readonly DocumentId s_document = DocumentId.New();

    [Fact]
    public void HitsOfOneParent_AreReadAsOneText_AtTheBestOnesPlace()
    {
        var other = Hit(0, 4) with { DocumentId = DocumentId.New() };
        var read = Readings.Choose([Hit(5, 9, 0, 14), other, Hit(0, 4, 0, 14)], null, Characters);

        Assert.Equal(["0-14", "0-4", "0-14"], read.Select(Span));
        Assert.Equal(["0-14", "0-4"], Readings.Distinct(read).Select(Span));
        Assert.Equal("aaaa bbbb cccc", read[0].ReadText);
    }

    [Fact]
    public void ParentsThatOverlap_BecomeOne_WithEachWordOnce()
    {
        var read = Readings.Choose([Hit(0, 4, 0, 14), Hit(15, 19, 10, 24)], null, Characters);

        Assert.Equal(["0-24", "0-24"], read.Select(Span));
        Assert.Equal(Text[..24], read[1].ReadText);
        Assert.Equal((1, 9), (read[0].Parent!.Page, read[0].Parent!.LastPage));
    }

    [Fact]
    public void ParentsOfTwoDocuments_StayTwo() =>
        Assert.Equal(2, Readings.Distinct(Readings.Choose([Hit(0, 4, 0, 14), Hit(0, 4, 0, 14) with { DocumentId = DocumentId.New() }], null, Characters)).Count);

    [Theory]
    // Room for none, for the shorter one only, for the better one, for both: what is read by itself is counted back.
    [InlineData(4, "0-4 20-24")]
    [InlineData(9, "0-4 20-29")]
    [InlineData(10, "0-14 20-24")]
    [InlineData(14, "0-14 20-24")]
    [InlineData(15, "0-14 20-29")]
    public void Parents_TakeTheRoomThatThereIs_BestFirst(int left, string expected) =>
        Assert.Equal(expected, string.Join(' ', Readings.Choose([Hit(0, 4, 0, 14), Hit(20, 24, 20, 29)], left, Characters).Select(Span)));

    [Fact]
    public void AParentThatTwoHitsShare_CostsOnlyWhatIsBetweenThem() =>
        Assert.Equal(["0-14", "0-14"], Readings.Choose([Hit(0, 4, 0, 14), Hit(10, 14, 0, 14)], 6, Characters).Select(Span));

    [Fact]
    public void APassageThatSomebodyWroteAnew_IsNotReplacedByTheDocumentsWords()
    {
        var edited = Hit(5, 9) with { Text = "What Ada wrote.", Edit = new("Ada", DateTimeOffset.UnixEpoch) };

        Assert.Equal(["0-14", "5-9"], Readings.Choose([Hit(0, 4, 0, 14), edited], null, Characters).Select(Span));
    }

    private static int Characters(SearchHit hit) => hit.ReadText.Length;

    private static string Span(SearchHit hit) => $"{hit.Parent?.Start ?? hit.Start}-{hit.Parent?.End ?? hit.End}";

    private static SearchHit Hit(int start, int end) => new(
        PassageId.From(Guid.NewGuid()), s_document, KnowledgeBaseId.From(Guid.Empty), "a.txt", null, 1, start, end, Text[start..end], 1, 1, 1);

    private static SearchHit Hit(int start, int end, int from, int to) => Hit(start, end) with { Parent = new(from, to, Text[from..to], from == 0 ? 1 : 5, from == 0 ? 5 : 9) };
}
