using System.Text.Json;
using MistralStudio.Core;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Flows.Hosting;

/// <summary>What the owner of a run is asked: to use a bookmark, or, where there is none, to end the run.</summary>
/// <param name="By">Who asks for the end; null for the studio itself.</param>
internal sealed record RunMessage(UserId? By, Resumption? Resumption)
{
    public string Write() => JsonSerializer.Serialize(this, FlowJson.Relaxed);

    public static RunMessage Read(string text) => JsonSerializer.Deserialize<RunMessage>(text, FlowJson.Relaxed)!;
}

/// <summary>What the owner of a run answers.</summary>
/// <param name="Error">Why it was not done; null where it is durable.</param>
internal sealed record RunAnswer(Error? Error)
{
    public static RunAnswer Of(Result<Unit> result) => new(result.IsSuccess ? null : result.Error);

    public string Write() => JsonSerializer.Serialize(this, FlowJson.Relaxed);

    public static Result<Unit> Read(string text) => JsonSerializer.Deserialize<RunAnswer>(text, FlowJson.Relaxed)!.Error is { } error ? error : default(Unit);
}
