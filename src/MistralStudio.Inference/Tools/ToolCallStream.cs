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
    private readonly ToolStreamOutput _output = new(newId);
    private readonly StringBuilder _raw = new();
    private Place _place = format.IsWholeAnswer ? Place.BeforeBare : Place.Text;
    private CallReader _reader = new CallObject();
    private bool _isInList;

    private enum Place
    {
        Text,
        BeforeBare,
        BeforeCall,
        InCall,
        BeforeClosing,
        AfterCall,
        Free,
    }

    /// <summary>Calls that began so far.</summary>
    public int Calls => _output.Calls;

    /// <summary>Takes the next piece of the answer.</summary>
    public IReadOnlyList<ToolStreamEvent> Push(string piece)
    {
        foreach (var c in piece)
        {
            Step(c);
        }

        return _output.Take();
    }

    /// <summary>The answer is over; a call that is still open is cut.</summary>
    public IReadOnlyList<ToolStreamEvent> End()
    {
        if (_output.IsInCall)
        {
            _output.EndCall(isCut: true);
        }
        else if (_place is not (Place.AfterCall or Place.BeforeClosing))
        {
            GiveBack();
        }

        return _output.Take();
    }

    private void Step(char c)
    {
        switch (_place)
        {
            case Place.Free:
                _output.AddText(c);
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
            case Place.InCall:
                StepCall(c);
                break;
            case Place.BeforeClosing:
                StepBeforeClosing(c);
                break;
        }
    }

    // Holds back no more than what the opening begins with.
    private void StepText(char c)
    {
        _raw.Append(c);
        while (_raw.Length > 0 && !Begins(format.Opening, _raw))
        {
            _output.AddText(_raw[0]);
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
            BeginReading(new CallObject(), c);
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
            BeginReading(new CallObject(), c);
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
            BeginReading(new NamedCall(), c);
        }
        else
        {
            GiveBack();
            Step(c);
        }
    }

    private void BeginReading(CallReader reader, char c)
    {
        _reader = reader;
        _place = Place.InCall;
        StepCall(c);
    }

    private void StepCall(char c)
    {
        if (!_output.IsInCall)
        {
            _raw.Append(c);
        }

        _reader.Push(c);
        if (!_output.IsInCall && _reader.Name is { } name && !(format.IsWholeAnswer && !tools.Contains(name)))
        {
            _raw.Clear();
            _output.BeginCall(name);
        }

        if (_output.IsInCall)
        {
            _output.AddArguments(_reader.TakeArguments());
            if (_reader.IsDone || _reader.IsBroken)
            {
                _output.EndCall(isCut: _reader.IsBroken);
                _place = Place.BeforeClosing;
                if (_reader.IsBroken)
                {
                    Step(c);
                }
            }
        }
        else if (_reader.IsDone || _reader.IsBroken)
        {
            GiveBack();
        }
    }

    private void StepBeforeClosing(char c)
    {
        if (_raw.Length == 0 && _isInList && c is ',' or ']')
        {
            _isInList = c == ',';
            _place = _isInList ? Place.BeforeCall : Place.BeforeClosing;
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
            _output.AddText(_raw);
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
        _output.AddText(_raw);
        _raw.Clear();
        _place = format.IsWholeAnswer ? Place.Free : Place.Text;
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
