using System.Text;
using MistralStudio.Inference.Tools;

namespace MistralStudio.Inference.Tests.Tools;

public sealed class ToolCallStreamTests
{
    [Fact]
    public void Calls_AreReadAsTheirFamilyWritesThem()
    {
        Assert.All(CallSamples.All, sample => Assert.Equal(sample.Expected, CallSamples.Read(sample.Format, [sample.Answer])));
    }

    [Fact]
    public void Calls_AreTheSame_WhereverTheAnswerIsCutIntoTokens()
    {
        foreach (var (format, answer, expected) in CallSamples.All)
        {
            var bytes = Encoding.UTF8.GetBytes(answer);
            for (var cut = 0; cut <= bytes.Length; cut++)
            {
                Assert.Equal(expected, CallSamples.Read(format, Decode(bytes, [cut])));
            }

            Assert.Equal(expected, CallSamples.Read(format, Decode(bytes, Enumerable.Range(1, bytes.Length))));
        }
    }

    [Fact]
    public void TextBeforeACall_GoesOutAtOnce_ButForWhatMayBeItsBeginning()
    {
        var stream = new ToolCallStream(ToolFormat.Hermes, CallSamples.Names, CallIds.New);
        Assert.Equal([new ToolStreamEvent.Text("I look ")], stream.Push("I look <tool"));
        Assert.Equal([new ToolStreamEvent.Text("<tool box")], stream.Push(" box"));
    }

    [Fact]
    public void Arguments_GoOutAsTheyCome()
    {
        var stream = new ToolCallStream(ToolFormat.Hermes, CallSamples.Names, () => "id");
        Assert.Equal([new ToolStreamEvent.CallBegan(0, "id", "search")], stream.Push("<tool_call>{\"name\": \"search\""));
        Assert.Equal([new ToolStreamEvent.ArgumentsPiece(0, "{\"que")], stream.Push(", \"arguments\": {\"que"));
        Assert.Equal([new ToolStreamEvent.ArgumentsPiece(0, "ry\": ")], stream.Push("ry\": "));
        Assert.Equal(
            [new ToolStreamEvent.ArgumentsPiece(0, "1}"), new ToolStreamEvent.CallEnded(0, "id", "search", "{\"query\": 1}", IsCut: false)],
            stream.Push("1}}"));
    }

    [Fact]
    public void AnyBytes_AreRead()
    {
        const string letters = "{}[]\",:\\ ab<>tool_call/TOOL_CALLSARGS\n";
        var random = new Random(5);
        foreach (var format in new[] { ToolFormat.Hermes, ToolFormat.MistralList, ToolFormat.MistralNamed, ToolFormat.Llama })
        {
            for (var run = 0; run < 300; run++)
            {
                var noise = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => letters[random.Next(letters.Length)]));
                var answer = $"{format.Opening}{(run % 2 == 0 ? "{\"name\": \"search\", \"arguments\": " : "")}{noise}";
                Assert.Equal(CallSamples.Read(format, [answer]), CallSamples.Read(format, answer.Select(letter => letter.ToString())));
            }
        }
    }

    [Fact]
    public void Ids_AreNineLettersAndDigits_AndForeignOnesBecomeSo_TheSameEachTime()
    {
        Assert.Matches("^[A-Za-z0-9]{9}$", CallIds.New());
        Assert.NotEqual(CallIds.New(), CallIds.New());
        Assert.Equal("a1b2c3d4e", CallIds.Short("a1b2c3d4e"));
        Assert.Matches("^[A-Za-z0-9]{9}$", CallIds.Short("call_abc"));
        Assert.Equal(CallIds.Short("call_abc"), CallIds.Short("call_abc"));
    }

    private static IEnumerable<string> Decode(byte[] bytes, IEnumerable<int> cuts)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var start = 0;
        foreach (var cut in cuts.Append(bytes.Length))
        {
            var chars = new char[(cut - start) + 1];
            yield return new string(chars, 0, decoder.GetChars(bytes.AsSpan(start, cut - start), chars, flush: false));
            start = cut;
        }
    }
}
