using MistralStudio.Core;

namespace MistralStudio.Agents.Nodes.Send;

/// <summary>Expected failures of Send nodes.</summary>
public static class SendErrors
{
    public static Error NoWebhook() => new("send.no_webhook", "It is not said which webhook.", "Name a connection of kind webhook; an admin can add one under Models, Connections.");

    public static Error Incomplete(string field) => new("send.incomplete", $"An e-mail needs \"{field}\".", "Give it.");

    public static Error Stray(string field, bool isWebhook) => new(
        "send.stray_field", $"\"{field}\" is no part of {(isWebhook ? "a webhook" : "an e-mail")}.", "Take it away, or choose the other way of sending.");

    public static Error NoSecret(string slug) => new(
        "send.no_secret", $"The webhook \"{slug}\" has no secret to sign with.", "An admin can enter one under Models, Connections; the receiver needs the same.");

    public static Error Status(string slug, int status) => new(
        "send.status", $"The receiver of \"{slug}\" answered {status}.", "Look at the receiver; the webhook can be sent again from there.");
}
