using MistralStudio.Core.Prompts;
using MistralStudio.Web.Features.Playground.Drafts;
using MistralStudio.Web.Features.Playground.Help;

namespace MistralStudio.Web.Features.Playground;

/// <content>What a prompt has beside its messages, and help with them.</content>
public sealed partial class PlaygroundPage
{
    private (DraftMessage Message, HelpKind Kind)? _helped;

    private void Equip(IReadOnlyList<PromptTool> tools) => _state!.Draft.Change(content => content with { Tools = tools });

    private void Form(PromptSchema? answer) => _state!.Draft.Change(content => content with { Answer = answer });

    private void TakeHelp(string text)
    {
        if (_helped is { } helped)
        {
            _state!.Draft.Write(helped.Message.Key, text);
        }

        _helped = null;
    }
}
