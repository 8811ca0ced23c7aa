using MistralStudio.Core.Agents;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Prompts;

namespace MistralStudio.Web.Features.Prompts.Code;

/// <summary>What code is asked for: a content with values, or a saved prompt by its reference.</summary>
/// <param name="Values">Values of variables; of one without a value its default stands, or a placeholder.</param>
public sealed record CodeSubject(PromptContent Content, IReadOnlyDictionary<string, string> Values)
{
    // Stands for the question while its place in a form is looked for; nobody types it.
    private const string Mark = "\0";

    /// <summary>The saved prompt (<c>prompt:slug@production</c>), asked by name; null where the content itself is sent.</summary>
    public string? Reference { get; init; }

    /// <summary>What is said after the messages of the content. A user message at the content's end is the form of the first of them and gives way to it.</summary>
    public IReadOnlyList<TurnMessage> Further { get; private init; } = [];

    /// <summary>What is said after a saved prompt that is asked by its name: it has the form of the first question itself.</summary>
    public IReadOnlyList<TurnMessage> Named { get; private init; } = [];

    /// <summary>Its images as they are sent, by hash; see <see cref="CodePictures"/>.</summary>
    public IReadOnlyDictionary<string, string> Pictures { get; init; } = new Dictionary<string, string>();

    /// <summary>The images of all its messages, each once.</summary>
    public IEnumerable<MessageImage> Images => Content.Images.Concat(Further.SelectMany(message => message.Images)).DistinctBy(image => image.Sha256);

    /// <summary>The form of the first question: a user message at the end of the prompt. Null where it has none.</summary>
    public PromptMessage? Form => Content.Messages is [.., { Role: MessageRole.User } last] ? last : null;

    /// <summary>The whole request: the messages of the content, and what is said after them.</summary>
    public IEnumerable<TurnMessage> Messages()
    {
        var values = Shown();
        var own = Content.Messages.Select(message => new TurnMessage(message.Role, PromptTemplates.Fill(message.Text, values)) { Images = message.Images });
        return (Further.Count > 0 && Form is not null ? own.SkipLast(1) : own).Concat(Further);
    }

    /// <summary>
    /// The same with a conversation after it, up to a question. A saved prompt is asked by its name as long as its form made the first question: where it
    /// was written otherwise since, only the whole request is the one that was made.
    /// </summary>
    public CodeSubject Asking(IReadOnlyList<TurnMessage> said) => FindNamed(said) is { } named
        ? this with { Further = said, Named = named }
        : this with { Further = said, Reference = null };

    /// <summary>A question that is not written yet, beside images; the first one is in the prompt's form.</summary>
    public TurnMessage Question(bool isFirst, IReadOnlyList<MessageImage> images)
    {
        var form = isFirst ? Form : null;
        return new(MessageRole.User, form is null ? $"<{PromptTemplates.Question}>" : PromptTemplates.Fill(form.Text, Shown())) { Images = [.. (form?.Images ?? []).UnionBy(images, image => image.Sha256)] };
    }

    /// <summary>The values that code shows: of each variable what was given, its default, or a placeholder that fits its kind.</summary>
    public IReadOnlyDictionary<string, string> Shown() => PromptTemplates.Variables(Content).ToDictionary(
        variable => variable.Name,
        variable => Values.GetValueOrDefault(variable.Name) is { Length: > 0 } given ? given : variable.Default ?? variable.Kind switch
        {
            PromptVariableKind.Number => "1",
            PromptVariableKind.Boolean => "true",
            PromptVariableKind.Choice => variable.Choices.FirstOrDefault() ?? "",
            PromptVariableKind.Json => "{}",
            _ => $"<{variable.Name}>",
        },
        StringComparer.Ordinal);

    private IReadOnlyList<TurnMessage>? FindNamed(IReadOnlyList<TurnMessage> said)
    {
        if (Form is not { } form || said is not [var first, ..])
        {
            return said;
        }

        var values = new Dictionary<string, string>(Shown(), StringComparer.Ordinal) { [PromptTemplates.Question] = Mark };
        var images = first.Images.ExceptBy(form.Images.Select(image => image.Sha256), image => image.Sha256).ToList();
        return PromptTemplates.Fill(form.Text, values).Split(Mark) switch
        {
            _ when first.Images.Count - images.Count != form.Images.Count => null,
            [var text] when text == first.Text && images.Count == 0 => [.. said.Skip(1)],
            [var before, var after] when first.Text.Length > before.Length + after.Length
                && first.Text.StartsWith(before, StringComparison.Ordinal) && first.Text.EndsWith(after, StringComparison.Ordinal)
                => [first with { Text = first.Text[before.Length..^after.Length], Images = images }, .. said.Skip(1)],
            _ => null,
        };
    }
}
