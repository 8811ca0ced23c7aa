using MistralStudio.Core;

namespace MistralStudio.Agents.Mail;

/// <summary>Expected failures of e-mail.</summary>
public static class MailErrors
{
    /// <summary>Code of failures of which it is certain that nothing was sent, and that may be none a little later.</summary>
    public const string UnreachableCode = "mail.unreachable";

    /// <summary>Code of the server's "not now".</summary>
    public const string BusyCode = "mail.busy";

    public static Error NotSetUp() => new(
        "mail.not_set_up", "This studio has no mail server.", "The operator can name one in Smtp:Host, and the sender in Smtp:From.");

    public static Error BadAddress(string address) => new(
        "mail.bad_address", $"\"{Cut(address)}\" is no e-mail address.", "Give each recipient as name@example.com.");

    public static Error NoRecipient() => new("mail.no_recipient", "The e-mail has no recipient.", "Give at least one address.");

    public static Error OtherDomain(string address) => new(
        "mail.other_domain", $"E-mail to {Cut(address)} is not allowed here.", "The operator lists the domains that it may go to in Smtp:AllowedDomains.");

    public static Error Refused(string what, string reason) => new(
        "mail.refused", $"The mail server refused {what}: {Cut(reason).TrimEnd('.')}.", "Correct it, or ask the operator what the server allows.");

    public static Error Busy() => new(BusyCode, "The mail server takes no e-mail for now.", "Try again in a little while.");

    public static Error SignInRefused() => new("mail.sign_in", "The mail server refused the studio's account.", "The operator can correct Smtp:User and Smtp:Password.");

    public static Error Unreachable(string host, int port) => new(
        UnreachableCode, $"The mail server {host}:{port} does not answer.", "The operator can check Smtp:Host, Smtp:Port and Smtp:Security.");

    public static Error Broken() => new(
        "mail.broken", "The connection to the mail server broke while the e-mail was handed over: it may have been sent.", "Look whether it arrived before you send it again.");

    private static string Cut(string text)
    {
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 200 ? text : $"{text[..197]}...";
    }
}
