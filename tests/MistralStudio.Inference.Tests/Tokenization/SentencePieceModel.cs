using System.Buffers.Binary;
using System.Text;
using MistralStudio.Inference.Tokenization;

namespace MistralStudio.Inference.Tests.Tokenization;

/// <summary>Reads the pieces of a SentencePiece <c>.model</c> file (protobuf: field 1 is a piece of text 1, score 2, type 3).</summary>
internal static class SentencePieceModel
{
    public static SentencePieceBpe Read(string path)
    {
        var tokens = new List<string>();
        var scores = new List<float>();
        var kinds = new List<TokenKind>();
        for (var rest = File.ReadAllBytes(path).AsSpan(); rest.Length > 0;)
        {
            if (Field(ref rest, out var body) == 1)
            {
                var (token, score, kind) = ("", 0f, TokenKind.Normal);
                while (body.Length > 0)
                {
                    switch (Field(ref body, out var value))
                    {
                        case 1:
                            token = Encoding.UTF8.GetString(value);
                            break;
                        case 2:
                            score = BinaryPrimitives.ReadSingleLittleEndian(value);
                            break;
                        case 3:
                            kind = (TokenKind)value[0];
                            break;
                    }
                }

                tokens.Add(token);
                scores.Add(score);
                kinds.Add(kind);
            }
        }

        return SentencePieceBpe.Create(tokens, [.. scores], [.. kinds], spaceBefore: true, []);
    }

    private static int Field(ref Span<byte> rest, out Span<byte> value)
    {
        var tag = Number(ref rest);
        var before = rest;
        var length = (tag & 7) switch
        {
            0 => before.Length - After(before).Length,
            1 => 8,
            5 => 4,
            _ => Number(ref rest),
        };
        value = rest[..length];
        rest = rest[length..];
        return tag >> 3;
    }

    private static Span<byte> After(Span<byte> rest)
    {
        Number(ref rest);
        return rest;
    }

    private static int Number(ref Span<byte> rest)
    {
        var (number, shift, at) = (0, 0, 0);
        do
        {
            number |= (rest[at] & 127) << shift;
            shift += 7;
        }
        while (rest[at++] >= 128);
        rest = rest[at..];
        return number;
    }
}
