using System.Text;
using System.Text.Json;

namespace MistralStudio.Inference.Tools;

/// <summary>
/// Reads one call that is a JSON object, character by character: <c>{"name": "get_weather", "arguments": {"city": "Paris"}}</c>. The arguments
/// come out as they come in; a model that writes them before the name, or as JSON inside a string, is understood too.
/// </summary>
internal sealed class CallObject : CallReader
{
    private readonly StringBuilder _key = new();
    private readonly StringBuilder _value = new();
    private readonly StringBuilder _fresh = new();
    private Place _place = Place.Open;
    private JsonValueEnd _end;
    private bool _streams;

    private enum Place
    {
        Open,
        BeforeKey,
        InKey,
        BeforeColon,
        BeforeValue,
        InValue,
        Done,
        Broken,
    }

    public override bool IsDone => _place == Place.Done;

    public override bool IsBroken => _place == Place.Broken;

    public override string TakeArguments()
    {
        var fresh = _fresh.ToString();
        _fresh.Clear();
        return fresh;
    }

    public override void Push(char c)
    {
        switch (_place)
        {
            case Place.Open:
                _place = c == '{' ? Place.BeforeKey : Place.Broken;
                break;
            case Place.BeforeKey when c == '"':
                _key.Clear().Append(c);
                _place = Place.InKey;
                break;
            case Place.BeforeKey when c == '}':
                _place = Place.Done;
                break;
            case Place.BeforeKey or Place.BeforeColon or Place.BeforeValue when char.IsWhiteSpace(c):
            case Place.BeforeKey when c == ',':
                break;
            case Place.InKey:
                _key.Append(c);
                if (c == '"' && _key[^2] != '\\')
                {
                    _place = Place.BeforeColon;
                }

                break;
            case Place.BeforeColon when c == ':':
                _place = Place.BeforeValue;
                break;
            case Place.BeforeValue:
                BeginValue(c);
                break;
            case Place.InValue:
                Continue(c);
                break;
            default:
                _place = Place.Broken;
                break;
        }
    }

    private bool IsArguments => _key.Equals("\"arguments\"") || _key.Equals("\"parameters\"");

    private void BeginValue(char c)
    {
        _place = Place.InValue;
        _value.Clear();
        _end = default;
        _streams = IsArguments && c == '{';
        Continue(c);
    }

    private void Continue(char c)
    {
        var place = _end.Push(c);
        if (place == JsonValuePlace.Behind)
        {
            EndValue();
            Push(c);
            return;
        }

        (_streams ? _fresh : _value).Append(c);
        if (place == JsonValuePlace.Last)
        {
            EndValue();
        }
    }

    private void EndValue()
    {
        _place = Place.BeforeKey;
        if (_key.Equals("\"name\""))
        {
            Name ??= ReadText();
        }
        else if (IsArguments && !_streams && ReadText() is { } inner && inner.TrimStart().StartsWith('{'))
        {
            _fresh.Append(inner);
        }
    }

    private string? ReadText()
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(_value.ToString()) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
