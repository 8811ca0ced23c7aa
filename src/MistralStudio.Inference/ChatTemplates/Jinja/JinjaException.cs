namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Why a template could not be read or rendered.</summary>
internal enum JinjaFailure
{
    /// <summary>The template's text is no template.</summary>
    Syntax,

    /// <summary>The template itself refuses, with <c>raise_exception</c>.</summary>
    Refused,

    /// <summary>A value has another type than the template needs.</summary>
    Type,

    /// <summary>Something that is not there was used.</summary>
    Undefined,

    /// <summary>Something that templates may not do: changing a list, a limit overstepped.</summary>
    Forbidden,
}

/// <summary>A template's failure; the message is the one of the reference (Jinja2 as transformers sets it up) wherever that has one.</summary>
internal sealed class JinjaException(JinjaFailure failure, string message) : Exception(message)
{
    public JinjaFailure Failure { get; } = failure;
}
