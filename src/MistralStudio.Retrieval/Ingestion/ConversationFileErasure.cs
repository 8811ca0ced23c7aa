using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Ingestion;

/// <summary>
/// Erases the files and images of conversations that are gone: when one was deleted, after a start, and every few minutes for those that went with an
/// account. Nobody sees them meanwhile.
/// </summary>
internal sealed class ConversationFileErasure(IConversationFiles files, IConversationImages images, IDocumentIntake intake, ILogger<ConversationFileErasure> log)
    : BackgroundService, IConversationFileErasure
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _wanted = new(1, 1);

    /// <inheritdoc/>
    public void Begin()
    {
        try
        {
            _wanted.Release();
        }
        catch (SemaphoreFullException)
        {
            // It begins soon anyway.
        }
    }

    /// <summary>Looks and erases once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var (workspace, id) in await files.ListLeftAsync(cancellationToken))
        {
            await intake.DeleteBaseAsync(KnowledgeAccess.Studio(workspace), id, null, cancellationToken);
        }

        await images.DropLeftAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The host starts without waiting for this.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _wanted.WaitAsync(s_interval, stoppingToken);
                await RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // What is left is found by the next start.
            }
            catch (Exception exception)
            {
                Log.ErasureFailed(log, exception);
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _wanted.Dispose();
        base.Dispose();
    }
}
