using System.Text;

namespace MistralStudio.Inference.Tools;

/// <summary>Gathers what an answer with calls says into events: neighbouring characters are one piece.</summary>
internal sealed class ToolStreamOutput(Func<string> newId)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _arguments = new();
    private readonly StringBuilder _piece = new();
    private List<ToolStreamEvent> _events = [];
    private (string Id, string Name)? _call;

    /// <summary>Calls that began so far.</summary>
    public int Calls { get; private set; }

    /// <summary>True while a call has begun and not ended.</summary>
    public bool IsInCall => _call is not null;

    public void AddText(char c) => _text.Append(c);

    public void AddText(StringBuilder text) => _text.Append(text);

    public void AddArguments(string piece) => _piece.Append(piece);

    public void BeginCall(string name)
    {
        FlushText();
        _call = (newId(), name);
        _arguments.Clear();
        _events.Add(new ToolStreamEvent.CallBegan(Calls++, _call.Value.Id, name));
    }

    /// <param name="isCut">True where the arguments are not whole.</param>
    public void EndCall(bool isCut)
    {
        if (_arguments.Length + _piece.Length == 0 && !isCut)
        {
            _piece.Append("{}");
        }

        FlushArguments();
        var (id, name) = _call!.Value;
        _events.Add(new ToolStreamEvent.CallEnded(Calls - 1, id, name, _arguments.ToString(), isCut));
        _call = null;
    }

    /// <summary>What there is to tell now.</summary>
    public IReadOnlyList<ToolStreamEvent> Take()
    {
        FlushText();
        FlushArguments();
        if (_events.Count == 0)
        {
            return [];
        }

        var taken = _events;
        _events = [];
        return taken;
    }

    private void FlushText()
    {
        if (_text.Length > 0)
        {
            _events.Add(new ToolStreamEvent.Text(_text.ToString()));
            _text.Clear();
        }
    }

    private void FlushArguments()
    {
        if (_piece.Length > 0)
        {
            var piece = _piece.ToString();
            _piece.Clear();
            _arguments.Append(piece);
            _events.Add(new ToolStreamEvent.ArgumentsPiece(Calls - 1, piece));
        }
    }
}
