using System.Buffers;
using System.Text;
using MistralStudio.Retrieval.Documents;

namespace MistralStudio.Retrieval.Tables;

/// <summary>Finds the encoding of a text that is too long to hold: by its mark, else UTF-8 where all of it is, else by what its bytes look like.</summary>
internal static class TableEncoding
{
    private const int Western = 1252;
    private const int SampleBytes = 64 * 1024;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The encoding, and whether it is a guess; reads the stream from its beginning.</summary>
    public static async Task<(Encoding Encoding, bool IsGuess)> FindAsync(Stream content, CancellationToken cancellationToken)
    {
        content.Position = 0;
        var sample = new byte[SampleBytes];
        sample = sample[..await content.ReadAtLeastAsync(sample, sample.Length, throwOnEndOfStream: false, cancellationToken)];
        if (Marked(sample) is { } marked)
        {
            return (marked, false);
        }

        content.Position = 0;
        if (await IsUtf8Async(content, cancellationToken))
        {
            return (Encoding.UTF8, false);
        }

        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return (ForeignEncodings.Find(sample) ?? Encoding.GetEncoding(Western), true);
    }

    private static Encoding? Marked(byte[] head) => head switch
    {
        [0xEF, 0xBB, 0xBF, ..] => Encoding.UTF8,
        [0xFF, 0xFE, ..] => Encoding.Unicode,
        [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode,
        _ => TextEncodings.LooksLikeUtf16(head),
    };

    private static async Task<bool> IsUtf8Async(Stream content, CancellationToken cancellationToken)
    {
        var decoder = s_strict.GetDecoder();
        var (bytes, letters) = (ArrayPool<byte>.Shared.Rent(SampleBytes), ArrayPool<char>.Shared.Rent(SampleBytes + 1));
        try
        {
            int read;
            do
            {
                read = await content.ReadAsync(bytes.AsMemory(0, SampleBytes), cancellationToken);
                decoder.GetChars(bytes.AsSpan(0, read), letters, flush: read == 0);
            }
            while (read > 0);

            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<char>.Shared.Return(letters);
        }
    }
}
