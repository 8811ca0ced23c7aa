using MistralStudio.Core.Knowledge;
using MistralStudio.Retrieval.Splitting;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>
/// Program text: what the file says, letter for letter. A blank line before a line without indentation parts its blocks (functions,
/// classes), in whatever language.
/// </summary>
internal sealed class CodeParser : IDocumentParser
{
    private static readonly Dictionary<string, string> s_languages = new(StringComparer.OrdinalIgnoreCase)
    {
        [".cs"] = "csharp", [".fs"] = "fsharp", [".vb"] = "vb", [".java"] = "java", [".kt"] = "kotlin", [".scala"] = "scala", [".groovy"] = "groovy",
        [".js"] = "javascript", [".mjs"] = "javascript", [".cjs"] = "javascript", [".jsx"] = "javascript", [".ts"] = "typescript", [".tsx"] = "typescript",
        [".py"] = "python", [".rb"] = "ruby", [".php"] = "php", [".pl"] = "perl", [".lua"] = "lua", [".r"] = "r", [".jl"] = "julia", [".dart"] = "dart",
        [".c"] = "c", [".h"] = "c", [".cc"] = "cpp", [".cpp"] = "cpp", [".hpp"] = "cpp", [".m"] = "objectivec", [".swift"] = "swift", [".go"] = "go",
        [".rs"] = "rust", [".zig"] = "zig", [".ex"] = "elixir", [".erl"] = "erlang", [".hs"] = "haskell", [".ml"] = "ocaml", [".clj"] = "clojure",
        [".sh"] = "bash", [".bash"] = "bash", [".zsh"] = "bash", [".ps1"] = "powershell", [".bat"] = "batch", [".sql"] = "sql", [".css"] = "css",
        [".scss"] = "scss", [".less"] = "less", [".yml"] = "yaml", [".yaml"] = "yaml", [".toml"] = "toml", [".ini"] = "ini", [".tf"] = "hcl",
        [".proto"] = "protobuf", [".graphql"] = "graphql", [".razor"] = "razor", [".vue"] = "vue", [".svelte"] = "svelte", [".dockerfile"] = "dockerfile",
        [".cmake"] = "cmake", [".gradle"] = "groovy", [".asm"] = "asm", [".tex"] = "latex",
    };

    /// <summary>The language that a file's name names; null for other files.</summary>
    public static string? LanguageOf(string name) => s_languages.GetValueOrDefault(Path.GetExtension(name));

    public ExtractedText Parse(byte[] content, string name, ParseContext context) => Read(TextEncodings.Decode(content), LanguageOf(name));

    /// <summary>Reads a text.</summary>
    public static ExtractedText Read(string text, string? language)
    {
        var blocks = new List<TextBlock>();
        var start = 0;
        for (var at = 0; at < text.Length; at++)
        {
            // Two line ends, then something at the margin that does not close what is open.
            if (text[at] == '\n' && at + 2 < text.Length && text[at + 1] == '\n' && !char.IsWhiteSpace(text[at + 2]) && text[at + 2] is not ('}' or ')' or ']'))
            {
                Add(start, at);
                start = at + 2;
            }
        }

        Add(start, text.Length);
        return new ExtractedText(text, [], []) { Blocks = blocks };

        void Add(int from, int to)
        {
            var span = Sentences.Trim(text, from, to);
            // The indentation of the first line belongs to it.
            while (span.Start > from && text[span.Start - 1] is ' ' or '\t')
            {
                span = span with { Start = span.Start - 1 };
            }

            if (span.Length > 0)
            {
                blocks.Add(new(BlockKind.Code, span.Start, span.End, Language: language));
            }
        }
    }
}
