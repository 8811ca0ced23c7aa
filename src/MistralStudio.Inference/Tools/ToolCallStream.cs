using System.Text;

namespace MistralStudio.Inference.Tools;

/// <summary>
/// Finds calls of tools in an answer while it is written. Text before and between calls goes out at once, but for what may be the beginning of
/// a call; arguments go out as they come. What looks like a call and turns out to be none is given back as the text it was. One instance an
/// answer; where the pieces are cut makes no difference.
/// </summary>
/// <param name="tools">Names of the tools; a bare JSON object is a call only where it names one.</param>
/// <param name="newId">Makes the id of a call.</param>
internal sealed class ToolCallStream(ToolFormat format, IReadOnlySet<string> tools, Func<string> newId)
{
    private const int LongestName = 256;

    private List<ToolStreamEvent> _events = [];
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _raw = new();
    private readonly StringBuilder _name = new();
    private readonly StringBuilder _arguments = new();
    private readonly StringBuilder _piece = new();
    private Place _place = format.IsWholeAnswer ? Place.BeforeBare : Place.Text;
    private CallObject _object = new();
    private JsonValueEnd _end;
    private (string Id, string Name)? _call;
    private bool _isInList;
    private int _calls;

    private enum Place
    {
        Text,
        BeforeBare,
        BeforeCall,
        InObject,
        AfterObject,
        InName,
        BeforeArguments,
        InArguments,
        AfterCall,
        Free,
    }

    /// <summary>Calls that began so far.</summary>
    public int Calls => _calls;

    /// <summary>Takes the next piece of the answer.</summary>
    public IReadOnlyList<ToolStreamEvent> Push(string piece)
    {
        foreach (var c in piece)
        {
            Step(c);
        }

        FlushText();
        FlushArguments();
        return TakeEvents();
    }

    /// <summary>The answer is over; a call that is still open is cut.</summary>
    public IReadOnlyList<ToolStreamEvent> End()
    {
        if (_call is not null)
        {
            EndCall(isCut: true);
        }
        else if (_place is not (Place.AfterCall or Place.AfterObject))
        {
            GiveBack();
        }

        FlushText();
        return TakeEvents();
    }

    private IReadOnlyList<ToolStreamEvent> TakeEvents()
    {
        if (_events.Count == 0)
        {
            return [];
        }

        var taken = _events;
        _events = [];
        return taken;
    }

    private void Step(char c)
    {
        switch (_place)
        {
            case Place.Free:
                _text.Append(c);
                break;
            case Place.Text:
                StepText(c);
                break;
            case Place.AfterCall:
                StepAfterCall(c);
                break;
            case Place.BeforeBare:
                StepBeforeBare(c);
                break;
            case Place.BeforeCall:
                StepBeforeCall(c);
                break;
            case Place.InObject:
                StepObject(c);
                break;
            case Place.AfterObject:
                StepAfterObject(c);
                break;
            case Place.InName:
                StepName(c);
                break;
            case Place.BeforeArguments or Place.InArguments:
                StepArguments(c);
                break;
        }
    }

    // Holds back no more than what the opening begins with.
    private void StepText(char c)
    {
        _raw.Append(c);
        while (_raw.Length > 0 && !Begins(format.Opening, _raw))
        {
            _text.Append(_raw[0]);
            _raw.Remove(0, 1);
        }

        if (_raw.Length == format.Opening.Length)
        {
            _place = Place.BeforeCall;
        }
    }

    private void StepBeforeBare(char c)
    {
        if (c == '{')
        {
            BeginObject(c);
            return;
        }

        // Blanks and the tag may stand before the call.
        _raw.Append(c);
        var start = 0;
        while (start < _raw.Length && char.IsWhiteSpace(_raw[start]))
        {
            start++;
        }

        if (start < _raw.Length && !Begins(ToolFormat.PythonTag, _raw, start))
        {
            GiveBack();
        }
    }

    private void StepBeforeCall(char c)
    {
        if (c == '{')
        {
            BeginObject(c);
        }
        else if (char.IsWhiteSpace(c) || (_isInList && c == ','))
        {
            _raw.Append(c);
        }
        else if (c == '[' && !_isInList)
        {
            _isInList = true;
            _raw.Append(c);
        }
        else if (_isInList && c == ']')
        {
            _isInList = false;
            AfterCall();
        }
        else if (format.Shape == ToolCallShape.Named && !_isInList && c != '[')
        {
            _raw.Append(c);
            _name.Clear().Append(c);
            _place = Place.InName;
        }
        else
        {
            GiveBack();
            Step(c);
        }
    }

    private void BeginObject(char c)
    {
        _object = new CallObject();
        _place = Place.InObject;
        StepObject(c);
    }

    private void StepObject(char c)
    {
        if (_call is null)
        {
            _raw.Append(c);
        }

        _object.Push(c);
        if (_call is null && _object.Name is { } name && !(format.IsWholeAnswer && !tools.Contains(name)))
        {
            BeginCall(name);
        }

        if (_call is not null)
        {
            Add(_object.TakeArguments());
        }

        if (_object.IsDone && _call is not null)
        {
            EndCall(isCut: false);
            _place = Place.AfterObject;
        }
        else if (_object.IsBroken && _call is not null)
        {
            EndCall(isCut: true);
            _place = Place.AfterObject;
        }
        else if (_object.IsDone || _object.IsBroken)
        {
            GiveBack();
        }
    }

    private void StepAfterObject(char c)
    {
        if (_raw.Length == 0 && _isInList && c is ',' or ']')
        {
            _isInList = c == ',';
            _place = _isInList ? Place.BeforeCall : Place.AfterObject;
            return;
        }

        if (_raw.Length == 0 && char.IsWhiteSpace(c))
        {
            return;
        }

        if (format.Closing.Length > 0)
        {
            _raw.Append(c);
            if (_raw.Length == format.Closing.Length && Begins(format.Closing, _raw))
            {
                AfterCall();
                return;
            }

            if (Begins(format.Closing, _raw))
            {
                return;
            }

            // A call without its closing tag is a call all the same.
            c = _raw[^1];
            _raw.Length--;
            _text.Append(_raw);
        }

        AfterCall();
        StepAfterCall(c);
    }

    private void StepAfterCall(char c)
    {
        if (_raw.Length == 0 && (char.IsWhiteSpace(c) || (format.IsWholeAnswer && c == ';')))
        {
            return;
        }

        if (format.IsWholeAnswer)
        {
            _place = Place.BeforeBare;
            StepBeforeBare(c);
        }
        else
        {
            _place = Place.Text;
            StepText(c);
        }
    }

    private void StepName(char c)
    {
        _raw.Append(c);
        _name.Append(c);
        var mark = _name.ToString().IndexOf('[', StringComparison.Ordinal);
        if (mark < 0)
        {
            if (_name.Length > LongestName)
            {
                GiveBack();
            }

            return;
        }

        var rest = _name.ToString(mark, _name.Length - mark);
        if (rest.EndsWith(ToolFormat.ArgumentsMark, StringComparison.Ordinal))
        {
            BeginCall(_name.ToString(0, mark).Trim());
            _place = Place.BeforeArguments;
            _end = default;
        }
        else if (!ToolFormat.ArgumentsMark.StartsWith(rest, StringComparison.Ordinal)
            && !ToolFormat.IdMark.StartsWith(rest, StringComparison.Ordinal)
            && !rest.StartsWith(ToolFormat.IdMark, StringComparison.Ordinal))
        {
            GiveBack();
        }
    }

    private void StepArguments(char c)
    {
        if (_place == Place.BeforeArguments)
        {
            if (char.IsWhiteSpace(c))
            {
                return;
            }

            if (c != '{')
            {
                EndCall(isCut: true);
                AfterCall();
                StepAfterCall(c);
                return;
            }

            _place = Place.InArguments;
        }

        var place = _end.Push(c);
        _piece.Append(c);
        if (place == JsonValuePlace.Last)
        {
            EndCall(isCut: false);
            AfterCall();
        }
    }

    private void BeginCall(string name)
    {
        FlushText();
        _raw.Clear();
        _call = (newId(), name);
        _arguments.Clear();
        _events.Add(new ToolStreamEvent.CallBegan(_calls++, _call.Value.Id, name));
    }

    private void EndCall(bool isCut)
    {
        if (_arguments.Length + _piece.Length == 0 && !isCut)
        {
            _piece.Append("{}");
        }

        FlushArguments();
        var (id, name) = _call!.Value;
        _events.Add(new ToolStreamEvent.CallEnded(_calls - 1, id, name, _arguments.ToString(), isCut));
        _call = null;
    }

    private void AfterCall()
    {
        _raw.Clear();
        _isInList = false;
        _place = Place.AfterCall;
    }

    // It was no call: the text that it is, of which the next one may be a call again.
    private void GiveBack()
    {
        _isInList = false;
        _text.Append(_raw);
        _raw.Clear();
        _place = format.IsWholeAnswer ? Place.Free : Place.Text;
    }

    private void Add(string piece) => _piece.Append(piece);

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
            _events.Add(new ToolStreamEvent.ArgumentsPiece(_calls - 1, piece));
        }
    }

    private static bool Begins(string whole, StringBuilder text, int start = 0)
    {
        if (text.Length - start > whole.Length)
        {
            return false;
        }

        for (var i = start; i < text.Length; i++)
        {
            if (text[i] != whole[i - start])
            {
                return false;
            }
        }

        return true;
    }
}
