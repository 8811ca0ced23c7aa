using System.Globalization;
using System.Text;
using MistralStudio.Core;

namespace MistralStudio.Web.Features.Prompts.Imports;

/// <summary>
/// A command as the words that a POSIX shell gives a program, with bash's <c>$'...'</c>
/// (<a href="https://www.gnu.org/software/bash/manual/html_node/Quoting.html">quoting</a>). Nothing is expanded and nothing is run.
/// </summary>
internal static class ShellWords
{
    /// <summary>The words; fails where a quotation is never closed.</summary>
    public static Result<IReadOnlyList<string>> Read(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var isWord = false;
        for (var i = 0; i < command.Length; i++)
        {
            var c = command[i];
            if (c is ' ' or '\t' or '\r' or '\n')
            {
                End();
            }
            else if (c == '\\')
            {
                i++;
                if (i + 1 < command.Length && command[i] == '\r' && command[i + 1] == '\n')
                {
                    i++;
                }
                else if (i < command.Length && command[i] != '\n')
                {
                    Add(command[i]);
                }
            }
            else if (c == '\'' || (c == '$' && i + 1 < command.Length && command[i + 1] == '\''))
            {
                var start = c == '$' ? i + 2 : i + 1;
                var end = c == '$' ? EndOfAnsi(command, start) : command.IndexOf('\'', start);
                if (end < 0)
                {
                    return PromptImportErrors.OpenQuote();
                }

                var text = command[start..end];
                word.Append(c == '$' ? Ansi(text) : text);
                (isWord, i) = (true, end);
            }
            else if (c == '"')
            {
                isWord = true;
                for (i++; i < command.Length && command[i] != '"'; i++)
                {
                    if (command[i] == '\\' && i + 1 < command.Length && command[i + 1] is '"' or '\\' or '$' or '`' or '\n')
                    {
                        i++;
                        if (command[i] == '\n')
                        {
                            continue;
                        }
                    }

                    word.Append(command[i]);
                }

                if (i >= command.Length)
                {
                    return PromptImportErrors.OpenQuote();
                }
            }
            else
            {
                Add(c);
            }
        }

        End();
        return words;

        void Add(char c)
        {
            word.Append(c);
            isWord = true;
        }

        void End()
        {
            if (isWord)
            {
                words.Add(word.ToString());
            }

            word.Clear();
            isWord = false;
        }
    }

    private static int EndOfAnsi(string text, int from)
    {
        for (var i = from; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '\'')
            {
                return i;
            }
        }

        return -1;
    }

    private static string Ansi(string text)
    {
        var read = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                read.Append(text[i]);
                continue;
            }

            i++;
            var digits = text[i] switch { 'x' => 2, 'u' => 4, _ => 0 };
            var length = 0;
            while (length < digits && i + 1 + length < text.Length && char.IsAsciiHexDigit(text[i + 1 + length]))
            {
                length++;
            }

            if (length > 0)
            {
                read.Append((char)int.Parse(text.AsSpan(i + 1, length), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += length;
                continue;
            }

            read.Append(text[i] switch { 'n' => "\n", 't' => "\t", 'r' => "\r", '\\' => "\\", '\'' => "'", '"' => "\"", var other => $"\\{other}" });
        }

        return read.ToString();
    }
}
