using System.Text;

namespace MistralStudio.Inference.Tools;

/// <summary>Reads one call that is a name, a mark and its arguments: <c>get_weather[ARGS]{...}</c>, <c>get_weather[CALL_ID]a1b2c3d4e[ARGS]{...}</c>.</summary>
internal sealed class NamedCall : CallReader
{
    private const int LongestName = 256;

    private readonly StringBuilder _head = new();
    private readonly StringBuilder _fresh = new();
    private JsonValueEnd _end;
    private bool _hasArguments;
    private bool _isDone;
    private bool _isBroken;

    public override bool IsDone => _isDone;

    public override bool IsBroken => _isBroken;

    public override string TakeArguments()
    {
        var fresh = _fresh.ToString();
        _fresh.Clear();
        return fresh;
    }

    public override void Push(char c)
    {
        if (Name is null)
        {
            ReadHead(c);
        }
        else if (_hasArguments || c == '{')
        {
            _hasArguments = true;
            _fresh.Append(c);
            _isDone = _end.Push(c) == JsonValuePlace.Last;
        }
        else
        {
            _isBroken = !char.IsWhiteSpace(c);
        }
    }

    private void ReadHead(char c)
    {
        _head.Append(c);
        var text = _head.ToString();
        var mark = text.IndexOf('[', StringComparison.Ordinal);
        if (mark < 0)
        {
            _isBroken = text.Length > LongestName;
            return;
        }

        var rest = text.AsSpan(mark);
        if (mark > 0 && rest.EndsWith(ToolFormat.ArgumentsMark, StringComparison.Ordinal))
        {
            Name = text[..mark].Trim();
        }
        else
        {
            _isBroken = text.Length > LongestName || mark == 0 || !(IsBeginning(rest, ToolFormat.ArgumentsMark) || IsBeginning(rest, ToolFormat.IdMark)
                || rest.StartsWith(ToolFormat.IdMark, StringComparison.Ordinal));
        }
    }

    private static bool IsBeginning(ReadOnlySpan<char> text, string whole) => whole.AsSpan().StartsWith(text, StringComparison.Ordinal);
}
