namespace MistralStudio.Inference.Tools;

/// <summary>Where a character stands to a JSON value.</summary>
internal enum JsonValuePlace
{
    /// <summary>In the value.</summary>
    Inside,

    /// <summary>The value's last.</summary>
    Last,

    /// <summary>Behind the value: one without an end of its own, as a number is.</summary>
    Behind,
}

/// <summary>Finds the end of one JSON value in characters that come one by one; does not care what is inside.</summary>
internal struct JsonValueEnd
{
    private int _depth;
    private bool _isInText;
    private bool _isEscaped;
    private bool _isBare;

    /// <summary>Takes the next character, the first one being the value's first.</summary>
    public JsonValuePlace Push(char c)
    {
        if (_isInText)
        {
            if (_isEscaped)
            {
                _isEscaped = false;
            }
            else if (c == '\\')
            {
                _isEscaped = true;
            }
            else if (c == '"')
            {
                _isInText = false;
                return _depth == 0 ? JsonValuePlace.Last : JsonValuePlace.Inside;
            }

            return JsonValuePlace.Inside;
        }

        if (_isBare && c is ',' or '}' or ']' or ' ' or '\n' or '\r' or '\t' && _depth == 0)
        {
            return JsonValuePlace.Behind;
        }

        switch (c)
        {
            case '"':
                _isInText = true;
                return JsonValuePlace.Inside;
            case '{' or '[':
                _depth++;
                return JsonValuePlace.Inside;
            case '}' or ']':
                return --_depth <= 0 ? JsonValuePlace.Last : JsonValuePlace.Inside;
            default:
                _isBare |= _depth == 0;
                return JsonValuePlace.Inside;
        }
    }
}
