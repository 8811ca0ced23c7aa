namespace MistralStudio.Inference.ChatTemplates;

/// <summary>
/// How conversations are written to a model whose file says nothing about it, as base models' files do: as
/// <a href="https://github.com/openai/openai-python/blob/release-v0.28.0/chatml.md">ChatML</a>, which llama.cpp takes then as well. Such a
/// model continues texts as they stand; that it answers like a chat model cannot be expected, and its card says so.
/// </summary>
internal static class DefaultTemplate
{
    /// <summary>The template.</summary>
    public const string ChatMl =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    /// <summary>What the model's card says.</summary>
    public const string Note =
        "Its file has no chat template, so conversations are written as ChatML. A base model continues texts as they stand: send them to /v1/completions.";

    /// <summary>The template of a file, or the default where it has none.</summary>
    /// <param name="own"><c>tokenizer.chat_template</c>.</param>
    public static string Of(string? own) => IsMissing(own) ? ChatMl : own!;

    /// <summary>True where a file has no template.</summary>
    public static bool IsMissing(string? own) => string.IsNullOrWhiteSpace(own);
}
