using System.Diagnostics;
using Microsoft.Extensions.Logging;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Inference.Accelerators;
using MistralStudio.Inference.Embeddings;
using MistralStudio.Inference.Engine;
using MistralStudio.Inference.Onnx;
using MistralStudio.Inference.Reranking;

namespace MistralStudio.Inference.Hosting;

/// <summary>Brings models into memory when they are asked for, one load a model, and keeps them there while something runs on them.</summary>
/// <param name="choice">Where chat models are computed. Found with the first of them, not at the start: a probe takes seconds where shaders are compiled.</param>
internal sealed class ModelLoader(
    InferenceOptions options, GraphCache compiled, ModelMemory memory, Lazy<AcceleratorChoice> choice, TimeProvider time, ILogger log)
{
    /// <summary>How long a request waits for its model, and a load for memory.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(10);

    private readonly DecodeActivity _answers = new();

    /// <summary>Loads a model if need be and keeps it loaded until the use is disposed of.</summary>
    /// <exception cref="ModelException">It cannot be loaded.</exception>
    public async ValueTask<ModelUse> UseAsync(InstalledModelEntry entry, CancellationToken cancellationToken)
    {
        entry.BeginUse();
        try
        {
            // The load goes on for those who ask again.
            return await LoadAsync(entry, cancellationToken).WaitAsync(s_patience, time, cancellationToken) is { } error
                ? throw new ModelException(error, error.Code == "model.memory_in_use" ? s_retry : null)
                : new ModelUse(entry, this);
        }
        catch (TimeoutException)
        {
            EndUse(entry);
            throw new ModelException(ModelErrors.Loading(entry.Folder.Id), s_retry);
        }
        catch
        {
            EndUse(entry);
            throw;
        }
    }

    /// <summary>Loads a model and waits until it is ready; null where it is, otherwise why it is not.</summary>
    public async Task<Error?> LoadAsync(InstalledModelEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Info.State == ModelState.Ready)
        {
            return null;
        }

        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            if (entry.Info.State == ModelState.Ready)
            {
                return null;
            }

            entry.NoteLoading();
            var began = Stopwatch.GetTimestamp();
            // Not cancelled with the first who asked: others wait for the same model.
            var (error, cause) = await Task.Run(() => OpenAsync(entry), CancellationToken.None);
            if (error is not null)
            {
                entry.NoteFailed(error);
                memory.NoteChange();
                Log.ModelFailed(log, entry.Folder.Id, error.Message, cause);
                return error;
            }

            entry.Hold();
            Log.ModelLoaded(log, entry.Folder.Id, (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds, entry.ReservedBytes >> 20);
            return null;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>A use ended.</summary>
    public void EndUse(InstalledModelEntry entry)
    {
        if (entry.EndUse(time.GetTimestamp()))
        {
            memory.NoteChange();
        }
    }

    private async Task<(Error? Error, Exception? Cause)> OpenAsync(InstalledModelEntry entry)
    {
        try
        {
            var hash = await entry.Folder.VerifyAsync(CancellationToken.None);
            if (!hash.IsSuccess)
            {
                return (hash.Error, null);
            }

            return (entry.Folder.Task == ModelTask.Chat ? await OpenChatAsync(entry, hash.Value) : await OpenEncoderAsync(entry, hash.Value), null);
        }
        catch (Exception exception)
        {
            return (ModelErrors.LoadFailed(entry.Folder.Id, exception.Message.TrimEnd('.')), exception);
        }
    }

    private async Task<Error?> OpenChatAsync(InstalledModelEntry entry, string hash)
    {
        var (error, isHalfRefused) = await OpenChatAsync(entry, hash, choice.Value);
        if (!isHalfRefused)
        {
            return error;
        }

        // Its conversations are twice as large then: how many and how long, and whether there is room for them, is asked anew.
        Log.HalfRefused(log, entry.Folder.Id, error!.Message);
        (error, _) = await OpenChatAsync(entry, hash, choice.Value with { Floats = new(ElementType.Float, error) });
        return error;
    }

    private async Task<(Error? Error, bool IsHalfRefused)> OpenChatAsync(InstalledModelEntry entry, string hash, AcceleratorChoice place)
    {
        var footprint = entry.Folder.ReadFootprint(place.Floats.Type);
        if (!footprint.IsSuccess)
        {
            return (footprint.Error, false);
        }

        var size = SlotSize.Choose(footprint.Value, options.Budget, options.Slots, options.SlotTokens);
        if (await memory.ReserveAsync(entry, footprint.Value.With(size), s_patience) is { } full)
        {
            return (full, false);
        }

        var chat = ChatModel.Open(entry.Folder.Id, entry.Folder.File, hash, compiled, size, options, place, log, _answers);
        if (chat.IsSuccess)
        {
            entry.NoteReady(chat.Value);
        }

        return (chat.Error, chat.Error?.Code == AcceleratorErrors.HalfRefusedCode);
    }

    private async Task<Error?> OpenEncoderAsync(InstalledModelEntry entry, string hash)
    {
        if (await memory.ReserveAsync(entry, entry.Folder.Weights.Length, s_patience) is { } full)
        {
            return full;
        }

        if (entry.Folder.Task == ModelTask.Reranking)
        {
            var reranker = CrossEncoder.Open(entry.Folder.Id, entry.Folder.Path, hash, compiled, log, options.ThreadCount);
            if (reranker.IsSuccess)
            {
                entry.NoteReady(reranker.Value);
            }

            return reranker.Error;
        }

        var embedder = EmbeddingModel.Open(entry.Folder.Id, entry.Folder.Path, hash, compiled, log, options.ThreadCount, answers: _answers);
        if (embedder.IsSuccess)
        {
            entry.NoteReady(embedder.Value);
        }

        return embedder.Error;
    }
}
