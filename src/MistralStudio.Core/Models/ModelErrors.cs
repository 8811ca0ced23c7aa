namespace MistralStudio.Core.Models;

/// <summary>Expected failures of models, the same wherever a model is asked for.</summary>
public static class ModelErrors
{
    public static Error NotFound(string id, IEnumerable<string> installed) => new(
        "model.not_found",
        $"There is no model \"{id}\" here.",
        $"Choose one of: {string.Join(", ", installed)}.");

    public static Error BadReference(string text) => new(
        "model.bad_reference",
        $"\"{(text.Length <= 100 ? text : text[..97] + "...")}\" names no model.",
        "Write default, the id of a local model, connection/name, or app:slug.");

    public static Error NoneInstalled() => new(
        "model.none_installed",
        "There is no chat model here.",
        "Restore the starter models (deploy/models), or import one.");

    public static Error WrongTask(string id, ModelTask task) => new(
        "model.wrong_task",
        task == ModelTask.Chat ? $"\"{id}\" does not chat: it is an embedding model." : $"\"{id}\" does not embed: it is a chat model.",
        task == ModelTask.Chat ? "Choose a chat model." : "Choose an embedding model.");

    public static Error NoReranker() => new(
        "model.no_reranker",
        "There is no reranker (cross-encoder) here.",
        "Import one, or order by the scores of a search.");

    public static Error NoInfill(string id) => new(
        "model.no_infill",
        $"\"{id}\" cannot fill in the middle: its vocabulary has no tokens for prefix, suffix and middle.",
        "Choose a code model that has them (Codestral, Qwen2.5-Coder), or leave the suffix out.");

    public static Error UnknownToken(int token, int count) => new(
        "model.unknown_token",
        $"There is no token {token} in this model's vocabulary of {count:N0}.",
        "Use token ids of this very model; they differ between models.");

    public static Error TooManyAnswers(int asked, int most) => new(
        "model.too_many_answers", $"{asked} answers to one prompt were asked for; it may be up to {most}.", "Send the request several times.");

    public static Error PromptTooLong(int tokens, int limit) => new(
        "model.prompt_too_long",
        $"This conversation has {tokens:N0} tokens; the model holds {limit:N0}, prompt and answer together.",
        "Shorten the message, start a new conversation, or choose a model with a longer context.");

    public static Error EmptyPrompt() => new(
        "model.empty_prompt",
        "There is nothing to answer: the last message is empty.",
        "Write a message.");

    public static Error QueueFull(int waiting) => new(
        "model.queue_full",
        $"The model is busy: {waiting:N0} requests wait already.",
        "Try again in a few seconds.");

    public static Error Loading(string id) => new(
        "model.loading",
        $"\"{id}\" is still being loaded.",
        "Try again in a few seconds.");

    public static Error WrongChecksum(string file) => new(
        "model.wrong_checksum",
        $"The model file {file} is damaged: its SHA-256 is not the expected one.",
        "Restore the file from the repository or the release, then load the model again.");

    public static Error Unreadable(string file, string reason) => new(
        "model.unreadable",
        $"The model file {file} cannot be read: {reason}.",
        "Download the file again, or choose another model.");

    public static Error Missing(string file) => new(
        "model.unreadable", $"The model's file {file} is missing.", "Take it from where the model comes from, or choose another model.");

    public static Error TemplateRefused(string reason) => new(
        "model.template_refused",
        $"The model's chat template does not take this conversation: {reason}.",
        "Change the conversation, or choose another model.");

    public static Error LoadFailed(string id, string reason) => new(
        "model.load_failed",
        $"\"{id}\" could not be loaded: {reason}.",
        "See the log for the cause, free some memory, or choose another model.");

    public static Error EngineFailed(string id) => new(
        "model.engine_failed",
        $"\"{id}\" stopped in the middle of the answer because of an internal error; it is being restarted.",
        "Send the message again.");
}
