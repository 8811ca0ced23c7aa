using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using MistralStudio.Agents.Answers;
using MistralStudio.Agents.Tools;
using MistralStudio.Agents.Turns;
using MistralStudio.Core;
using MistralStudio.Core.Agents;
using MistralStudio.Core.Blobs;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Schemas;

namespace MistralStudio.Agents;

/// <summary>Runs a turn: passages are looked up, what fits is put before the question, the model's words are streamed, evidence is attached.</summary>
internal sealed class AgentRunner(
    IModelRouter models, IKnowledgeSearch knowledge, IKnowledgeReader reader, ICitationLinker citations, TurnTools tools, IBlobStore blobs, TimeProvider time) : IAgentRunner
{
    private const float GroundedRepetitionPenalty = 1.1f;

    // Made once: describing its functions by reflection and schema takes longer than all else around a turn.
    private readonly KernelPlugin _steps = KernelPluginFactory.CreateFromObject(new TurnSteps(knowledge, reader), TurnSteps.PluginName);

    public async IAsyncEnumerable<AgentEvent> RunAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var clock = new TurnClock(time);
        if (turn.Messages is not [.., { Role: MessageRole.User } question] || (string.IsNullOrWhiteSpace(question.Text) && question.Images.Count == 0))
        {
            yield return new AgentEvent.Failed(ModelErrors.EmptyPrompt());
            yield break;
        }

        if (turn.Knowledge.Count > 0 && string.IsNullOrWhiteSpace(question.Text))
        {
            yield return new AgentEvent.Failed(AgentErrors.NothingToLookUp());
            yield break;
        }

        var resolved = await models.ResolveAsync(turn.Workspace, turn.Model, [.. turn.Knowledge, .. turn.Heard], cancellationToken);
        if (!resolved.IsSuccess)
        {
            yield return new AgentEvent.Failed(resolved.Error);
            yield break;
        }

        var abilities = ChatAbilities.Of(resolved.Value.Chat);
        if (turn.Tools.Count > 0 && !abilities.Tools)
        {
            yield return new AgentEvent.Failed(ToolCallErrors.NoTools(resolved.Value.Id));
            yield break;
        }

        var shown = await TurnImages.ReadAsync(turn, abilities, resolved.Value.Id, blobs, cancellationToken);
        if (!shown.IsSuccess)
        {
            yield return new AgentEvent.Failed(shown.Error);
            yield break;
        }

        JsonSchema? schema = null;
        if (turn.Answer is { } form)
        {
            var read = JsonSchema.Read(form.Schema);
            if (!read.IsSuccess)
            {
                yield return new AgentEvent.Failed(read.Error);
                yield break;
            }

            schema = read.Value;
        }

        var kernel = BuildKernel(resolved.Value.Chat);
        IReadOnlyList<SearchHit> hits = [];
        SearchTimings? found = null;
        if (turn.Knowledge.Count > 0)
        {
            var began = time.GetTimestamp();
            var search = await kernel.InvokeAsync<Result<SearchResult>>(
                TurnSteps.PluginName, TurnSteps.Retrieve, new KernelArguments { ["turn"] = turn }, cancellationToken);
            clock.RetrievalMs = time.GetElapsedTime(began).TotalMilliseconds;
            if (!search.IsSuccess && search.Error.Code == KnowledgeErrors.IndexUnreachable)
            {
                // An answer without documents is better than none, as long as it says that it is one.
                yield return new AgentEvent.TextDelta($"> {search.Error.Message} This answer is from the model alone.\n\n");
                turn = turn with { Knowledge = [], Heard = [.. turn.Heard, .. turn.Knowledge] };
            }
            else if (!search.IsSuccess)
            {
                yield return new AgentEvent.Failed(search.Error);
                yield break;
            }
            else if (search.Value.Hits.Count == 0)
            {
                yield return new AgentEvent.Failed(AgentErrors.NothingToAnswerFrom());
                yield break;
            }
            else
            {
                hits = search.Value.Hits;
                clock.Search = found = search.Value.Timings;
            }
        }

        var counter = resolved.Value.Chat.GetService<ITokenCounter>();
        var options = OptionsOf(turn, abilities);
        if (turn.Answer is { } wanted)
        {
            var instructions = turn.Instructions;
            AnswerForm.Want(wanted.Schema, resolved.Value, options, ref instructions, wanted.Name, wanted.Strict);
            turn = turn with { Instructions = instructions };
        }

        var (messages, given) = PromptBuilder.Build(turn, hits, counter, abilities.Tools, shown.Value);
        if (found is not null)
        {
            // What did not fit was found all the same, but nobody read what is around it.
            yield return new AgentEvent.Retrieved([.. given, .. hits.Skip(given.Count).Select(hit => hit with { Parent = null })], given.Count, found);
        }

        if (turn.Reading.Everything && given.Count < hits.Count)
        {
            yield return new AgentEvent.Failed(AgentErrors.CannotHoldEverything(counter!.ContextLength));
            yield break;
        }

        var rounds = new AnswerRounds(turn, kernel, tools, messages, options, [.. given.Select(hit => hit.DocumentId).Distinct()], counter?.ContextLength, clock, time);
        await foreach (var happened in rounds.RunAsync(cancellationToken))
        {
            yield return happened;
        }

        if (rounds.IsStopped)
        {
            var usage = clock.Stop();
            yield return new AgentEvent.Stopped(usage, clock.Timings());
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (rounds.Failure is not null)
        {
            yield return new AgentEvent.Failed(rounds.Failure) { RetryAfter = rounds.RetryAfter };
            yield break;
        }

        var finish = rounds.Finish;
        if (turn.Answer is not null)
        {
            yield return new AgentEvent.Checked(AnswerChecks.Check(turn.Answer, schema!, rounds.LastText, finish == "length"));
        }

        // Before the evidence is looked for: that is the product's time, not the model's.
        var timings = clock.Timings();
        if (given.Count == 0)
        {
            yield return new AgentEvent.Completed(finish, [], clock.Usage(), timings);
            yield break;
        }

        var linking = time.GetTimestamp();
        var evidence = await citations.LinkAsync(KnowledgeAccess.Of(turn.Workspace, turn.Reader), rounds.Text, given, cancellationToken);
        yield return new AgentEvent.Completed(
            finish, evidence, clock.Usage(), timings with { EvidenceMs = time.GetElapsedTime(linking).TotalMilliseconds });
    }

    private static ChatOptions OptionsOf(AgentTurn turn, ChatAbilities abilities)
    {
        var options = new ChatOptions
        {
            // Over documents the likeliest words are the right ones, unless the author says otherwise.
            Temperature = turn.Settings.Temperature ?? (turn.Knowledge.Count > 0 ? 0 : null),
            TopP = turn.Settings.TopP,
            MaxOutputTokens = turn.Settings.MaxOutputTokens ?? PromptBuilder.DefaultAnswerTokens,
            Seed = turn.Settings.Seed,
            Depth = turn.Depth > 0 ? turn.Depth : null,
            // Declared and never invoked by the client: each call is decided about and shown.
            Tools = turn.Tools.Count == 0 ? null : [.. turn.Tools.Select(tool => AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.Parameters))],
            TopLogprobs = abilities.Logprobs ? turn.Alternatives : null,
            PromptVariables = turn.Variables.Count > 0 ? turn.Variables : null,
        };
        if (turn.Knowledge.Count > 0)
        {
            // Without it a small model that takes the likeliest word falls into a loop.
            options.RepetitionPenalty = GroundedRepetitionPenalty;
        }

        return options;
    }

    // Without a logger: the kernel logs each function under its own name, and a cancelled one as an error. What goes wrong is an event here.
    private Kernel BuildKernel(IChatClient model)
    {
        var builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(model);
        builder.Plugins.Add(_steps);
        return builder.Build();
    }
}
