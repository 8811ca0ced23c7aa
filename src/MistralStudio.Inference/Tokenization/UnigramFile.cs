using System.Text.Json;
using Google.Protobuf;
using Microsoft.ML.Tokenizers;
using MistralStudio.Inference.Encoders;
using MistralStudio.Inference.Tokenization.Wire;

namespace MistralStudio.Inference.Tokenization;

/// <summary>Reads the <c>tokenizer.json</c> of a model with SentencePiece's unigram pieces (XLM-R) for the library that splits texts by them.</summary>
/// <remarks>
/// The file: <c>{"added_tokens":[{"id":0,"content":"&lt;s&gt;",...}],"normalizer":{..."precompiled_charsmap":"base64"...},
/// "model":{"type":"Unigram","unk_id":3,"vocab":[["&lt;s&gt;",0.0],["▁the",-3.1],...]}}</c>
/// </remarks>
internal static class UnigramFile
{
    private const string Begin = "<s>";
    private const string End = "</s>";
    private const string Padding = "<pad>";
    private const long MostBytes = 64L << 20;
    private const int MostPieces = 1 << 21;

    /// <summary>The rows of an encoder with these pieces.</summary>
    /// <param name="most">Tokens that the model has vectors for.</param>
    /// <exception cref="InvalidDataException">The file is none of this kind; the message says how.</exception>
    public static XlmRobertaTokens Read(string path, int most)
    {
        if (new FileInfo(path).Length > MostBytes)
        {
            throw new InvalidDataException($"it is larger than {MostBytes >> 20} MiB");
        }

        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = json.RootElement;
        if (!root.TryGetProperty("model", out var model) || Text(model, "type") != "Unigram")
        {
            throw new InvalidDataException("its tokenizer is not of the kind \"Unigram\"");
        }

        var pieces = Pieces(model);
        if (pieces.Count > most)
        {
            throw new InvalidDataException($"it has {pieces.Count:N0} tokens, and the model {most:N0} embeddings");
        }

        var unknown = model.TryGetProperty("unk_id", out var id) && id.TryGetInt32(out var number) && number >= 0 && number < pieces.Count
            ? number
            : throw new InvalidDataException("its vocabulary has no token for what it does not know");
        var (begin, end, padding) = (Find(pieces, Begin), Find(pieces, End), Find(pieces, Padding));
        pieces[unknown].Type = SentencePiece.Types.Type.Unknown;
        foreach (var control in Controls(root).Where(control => control < pieces.Count && control != unknown))
        {
            pieces[control].Type = SentencePiece.Types.Type.Control;
        }

        var proto = new ModelProto
        {
            TrainerSpec = new TrainerSpec
            {
                ModelType = TrainerSpec.Types.ModelType.Unigram,
                UnkId = unknown, BosId = begin, EosId = end, PadId = padding,
                UnkPiece = pieces[unknown].Piece, BosPiece = Begin, EosPiece = End, PadPiece = Padding,
            },
            NormalizerSpec = new NormalizerSpec
            {
                PrecompiledCharsmap = ByteString.FromBase64(root.TryGetProperty("normalizer", out var normalizer) ? CharacterMap(normalizer) ?? "" : ""),
                AddDummyPrefix = true, RemoveExtraWhitespaces = true, EscapeWhitespaces = true,
            },
        };
        proto.Pieces.AddRange(pieces);
        try
        {
            return new XlmRobertaTokens(
                SentencePieceTokenizer.Create(new MemoryStream(proto.ToByteArray()), addBeginningOfSentence: false, addEndOfSentence: false), begin, end);
        }
        catch (ArgumentException contradiction)
        {
            throw new InvalidDataException($"its vocabulary contradicts itself: {contradiction.Message.TrimEnd('.')}", contradiction);
        }
    }

    private static List<SentencePiece> Pieces(JsonElement model)
    {
        if (!model.TryGetProperty("vocab", out var vocabulary) || vocabulary.ValueKind != JsonValueKind.Array || vocabulary.GetArrayLength() is 0 or > MostPieces)
        {
            throw new InvalidDataException($"its vocabulary is not a list of 1 to {MostPieces:N0} pieces");
        }

        var pieces = new List<SentencePiece>(vocabulary.GetArrayLength());
        foreach (var entry in vocabulary.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Array || entry.GetArrayLength() != 2 || entry[0].ValueKind != JsonValueKind.String || entry[1].ValueKind != JsonValueKind.Number)
            {
                throw new InvalidDataException("its vocabulary has an entry that is not a piece with its score");
            }

            pieces.Add(new SentencePiece { Piece = entry[0].GetString(), Score = entry[1].GetSingle(), Type = SentencePiece.Types.Type.Normal });
        }

        return pieces;
    }

    private static IEnumerable<int> Controls(JsonElement root) =>
        root.TryGetProperty("added_tokens", out var added) && added.ValueKind == JsonValueKind.Array
            ? added.EnumerateArray().Select(token => token.TryGetProperty("id", out var id) && id.TryGetInt32(out var number) ? number : -1).Where(id => id >= 0)
            : [];

    // Alone, or among others in a sequence.
    private static string? CharacterMap(JsonElement normalizer) =>
        normalizer.ValueKind != JsonValueKind.Object ? null
        : Text(normalizer, "precompiled_charsmap") is { } map ? map
        : normalizer.TryGetProperty("normalizers", out var several) && several.ValueKind == JsonValueKind.Array
            ? several.EnumerateArray().Select(CharacterMap).FirstOrDefault(found => found is not null)
        : null;

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int Find(List<SentencePiece> pieces, string piece) =>
        pieces.FindIndex(found => found.Piece == piece) is >= 0 and var id ? id : throw new InvalidDataException($"its vocabulary lacks {piece}");
}
