namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>What a token of a template is.</summary>
internal enum TokenType
{
    /// <summary>Text between tags; written as it is.</summary>
    Data,

    /// <summary><c>{{</c>.</summary>
    OutputBegin,

    /// <summary><c>}}</c>.</summary>
    OutputEnd,

    /// <summary><c>{%</c>.</summary>
    BlockBegin,

    /// <summary><c>%}</c>.</summary>
    BlockEnd,

    Name,
    Text,
    Integer,
    Float,
    Operator,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Text">Its characters; of a string constant the text it stands for.</param>
/// <param name="Line">Where it stands, from 1.</param>
internal readonly record struct Token(TokenType Type, string Text, int Line)
{
    public bool Is(TokenType type, string text) => Type == type && Text == text;
}
