using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using MistralStudio.Core.Models;

namespace MistralStudio.Web.Features.ModelApi;

/// <summary>The answers to several prompts of one request, as one stream: the choices of the first prompt, then those of the second, ...</summary>
internal static class TextAnswers
{
    /// <param name="perPrompt">Answers of each prompt.</param>
    /// <param name="echo">True to put the prompt before each answer.</param>
    public static IAsyncEnumerable<ChatResponseUpdate> CompleteAsync(
        ITextCompletion model, TextRequest request, int perPrompt, bool echo, CancellationToken cancellationToken) => request.Prompts.Count == 1
        ? AnswerAsync(model, request, 0, perPrompt, echo, cancellationToken)
        : MergeAsync(model, request, perPrompt, echo, cancellationToken);

    private static async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        ITextCompletion model, TextRequest request, int place, int perPrompt, bool echo, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var echoed = new HashSet<int>();
        await foreach (var update in model.CompleteAsync(request.Prompts[place], request.Options, cancellationToken))
        {
            var choice = update.Choice;
            update.Choice = (place * perPrompt) + choice;
            if (echo && echoed.Add(choice))
            {
                yield return new ChatResponseUpdate(ChatRole.Assistant, request.Prompts[place].Text) { Choice = update.Choice };
            }

            yield return update;
        }
    }

    // All at once: the engine computes them together. The tokens of all are told once, with the last update.
    private static async IAsyncEnumerable<ChatResponseUpdate> MergeAsync(
        ITextCompletion model, TextRequest request, int perPrompt, bool echo, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var merged = Channel.CreateBounded<ChatResponseUpdate>(64);
        var usage = new UsageDetails();
        var running = Task.WhenAll(Enumerable.Range(0, request.Prompts.Count).Select(ReadAsync));
        var closing = running.ContinueWith(done => merged.Writer.TryComplete(done.Exception?.InnerException), TaskScheduler.Default);
        try
        {
            await foreach (var update in merged.Reader.ReadAllAsync(cancellationToken))
            {
                yield return update;
            }

            yield return new ChatResponseUpdate { Role = ChatRole.Assistant, Contents = [new UsageContent(usage)] };
        }
        finally
        {
            await stop.CancelAsync();
            await closing;
        }

        async Task ReadAsync(int place)
        {
            try
            {
                await foreach (var update in AnswerAsync(model, request, place, perPrompt, echo, stop.Token))
                {
                    foreach (var told in update.Contents.OfType<UsageContent>().ToList())
                    {
                        update.Contents.Remove(told);
                        lock (usage)
                        {
                            usage.Add(told.Details);
                        }
                    }

                    await merged.Writer.WriteAsync(update, stop.Token);
                }
            }
            catch (ModelException failure)
            {
                // The others would go on for nobody.
                merged.Writer.TryComplete(failure);
                await stop.CancelAsync();
                throw;
            }
        }
    }
}
