using System.ComponentModel.DataAnnotations;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval;

/// <summary>Settings of documents and search, section <c>Knowledge</c>.</summary>
public sealed class KnowledgeOptions
{
    /// <summary>The section that they are bound from.</summary>
    public const string Section = "Knowledge";

    /// <summary>Longest file that is taken, bytes; a parser has all of it in one array.</summary>
    [Range(1024L, 2_000_000_000L)]
    public long MaxDocumentBytes { get; set; } = 100L << 20;

    /// <summary>Most pages of one document.</summary>
    [Range(1, 100_000)]
    public int MaxPages { get; set; } = 5_000;

    /// <summary>Most characters that one document may say.</summary>
    [Range(1_000, 200_000_000)]
    public int MaxCharacters { get; set; } = 20_000_000;

    /// <summary>Longest time that reading one document may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "02:00:00")]
    public TimeSpan MaxParseTime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most files of one archive, or attachments of one mail, that are read.</summary>
    [Range(1, 100_000)]
    public int MaxEntries { get; set; } = 1_000;

    /// <summary>Most bytes that one archive, Office file or mail may unpack to.</summary>
    [Range(1L << 20, 64L << 30)]
    public long MaxUnpackedBytes { get; set; } = 512L << 20;

    /// <summary>Most memory of a process that reads documents, bytes.</summary>
    [Range(128L << 20, 64L << 30)]
    public long ParserMemoryBytes { get; set; } = 1L << 30;

    /// <summary>Documents that are read at the same time; 0: half as many as there are processors.</summary>
    [Range(0, 64)]
    public int Parsers { get; set; }

    /// <summary>Whether pictures and pages without text are read by Tesseract, where it is installed.</summary>
    public bool Ocr { get; set; } = true;

    /// <summary>Languages of Tesseract, joined by + (<c>eng+deu</c>); empty: those that are installed, up to four.</summary>
    [RegularExpression(@"[A-Za-z_/]+(\+[A-Za-z_/]+)*")]
    public string? OcrLanguages { get; set; }

    /// <summary>Folders of the server below which a folder may be a source; empty: none may.</summary>
    public List<string> SourceRoots { get; set; } = [];

    /// <summary>Length that passages are cut to, characters; about four to a token in English.</summary>
    [Range(100, 4_000)]
    public int PassageCharacters { get; set; } = 700;

    /// <summary>Texts that are embedded in one call during ingestion; a chat waits at most for one call.</summary>
    [Range(1, 256)]
    public int EmbeddingBatch { get; set; } = 16;

    /// <summary>Weight of meaning against words in a hybrid search of a base that says nothing itself, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double DenseWeight { get; set; } = .5;

    /// <summary>How a hybrid search of such a base makes one ranking of two.</summary>
    public FusionMethod Fusion { get; set; }
}
