using System.ComponentModel.DataAnnotations;

namespace MistralStudio.Agents.Mail;

/// <summary>How the connection to the mail server is secured.</summary>
public enum MailSecurity
{
    /// <summary>TLS from the first byte, usually port 465.</summary>
    Tls,

    /// <summary>TLS by STARTTLS, refused where the server has none; usually port 587.</summary>
    StartTls,

    /// <summary>None: for a relay on this machine or in the private network.</summary>
    None,
}

/// <summary>Section <c>Smtp</c> of the operator's configuration: the server that e-mail of flows is handed to.</summary>
public sealed class MailOptions : IValidatableObject
{
    public const string Section = "Smtp";

    /// <summary>Name of the server; empty: no e-mail.</summary>
    public string Host { get; set; } = "";

    [Range(1, 65535)]
    public int Port { get; set; } = 587;

    public MailSecurity Security { get; set; } = MailSecurity.StartTls;

    /// <summary>Account; empty: none.</summary>
    public string User { get; set; } = "";

    /// <summary>Its password.</summary>
    public string Password { get; set; } = "";

    /// <summary>Sender of all e-mail: <c>Studio &lt;studio@example.com&gt;</c>.</summary>
    public string From { get; set; } = "";

    /// <summary>Domains that e-mail may go to; none named: any.</summary>
    public IList<string> AllowedDomains { get; init; } = [];

    /// <summary>Longest wait for the server, s.</summary>
    [Range(1, 600)]
    public int TimeoutSeconds { get; set; } = 30;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Host.Length > 0 && !MimeKit.MailboxAddress.TryParse(From, out _))
        {
            yield return new ValidationResult($"{Section}:{nameof(From)} may be an address like studio@example.com, which e-mail is sent from.", [nameof(From)]);
        }

        if (Password.Length > 0 && Security == MailSecurity.None)
        {
            yield return new ValidationResult($"{Section}:{nameof(Security)} may be Tls or StartTls where there is a password: without, everybody on the way could read it.", [nameof(Security)]);
        }
    }
}
