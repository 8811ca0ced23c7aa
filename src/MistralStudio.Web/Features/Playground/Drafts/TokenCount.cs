using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.Playground.Drafts;

/// <summary>Tokens of a text.</summary>
/// <param name="IsExact">True where the model's own tokenizer counted.</param>
public readonly record struct TokenCount(int Tokens, bool IsExact)
{
    // What English comes to with the tokenizers of the big models; other languages and code need more.
    private const double CharactersPerToken = 4;

    /// <summary>About how many they are for a model that does not say.</summary>
    public static TokenCount Estimate(string text) => new((int)Math.Ceiling(text.Length / CharactersPerToken), IsExact: false);
}

/// <summary>Counts as the chosen model will, where that is in memory; otherwise about.</summary>
public sealed class TokenCounts(IModelRouter models, IModelHost host, WorkspaceId workspace)
{
    private string? _model;
    private ITokenCounter? _counter;

    /// <summary>Counts one text.</summary>
    public TokenCount Count(string text) => text.Length == 0 ? new(0, IsExact: true)
        : _counter is not null && host.Find(_model!)?.State == ModelState.Ready ? new(_counter.Count(text), IsExact: true)
        : TokenCount.Estimate(text);

    /// <summary>Counts for another model from now on.</summary>
    public async Task ChooseAsync(string model, CancellationToken cancellationToken)
    {
        var resolved = ModelReference.TryParse(model, out var reference) ? await models.ResolveAsync(workspace, reference, cancellationToken) : default;
        (_model, _counter) = resolved is { IsSuccess: true, Value: { IsLocal: true } found } ? (found.Id, found.Chat.GetService(typeof(ITokenCounter)) as ITokenCounter) : (null, null);
    }
}
