using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;
using MistralStudio.Core;

namespace MistralStudio.Agents.Mail;

/// <summary>Speaks SMTP to the one server that the operator named; whom it writes to is checked before anything is said to it.</summary>
internal sealed class SmtpMailer(IOptions<MailOptions> options) : IMailer
{
    /// <inheritdoc/>
    public async Task<Result<Posted>> SendAsync(Letter letter, CancellationToken cancellationToken)
    {
        var settings = options.Value;
        if (settings.Host.Length == 0)
        {
            return MailErrors.NotSetUp();
        }

        var written = Write(letter, settings);
        if (!written.IsSuccess)
        {
            return written.Error;
        }

        using var message = written.Value;
        using var client = new SmtpClient { Timeout = settings.TimeoutSeconds * 1_000 };
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(settings.TimeoutSeconds));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        if (await ConnectAsync(client, settings, either.Token, cancellationToken) is { } unreachable)
        {
            return unreachable;
        }

        try
        {
            await client.SendAsync(message, either.Token);
        }
        catch (SmtpCommandException refused)
        {
            return (int)refused.StatusCode is >= 400 and < 500
                ? MailErrors.Busy()
                : MailErrors.Refused(refused.ErrorCode == SmtpErrorCode.RecipientNotAccepted && refused.Mailbox is { } mailbox ? $"the recipient {mailbox.Address}" : "the e-mail", refused.Message);
        }
        catch (Exception broken) when (broken is SmtpProtocolException or IOException or SocketException or ServiceNotConnectedException
            || (broken is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return MailErrors.Broken();
        }

        await LeaveAsync(client, either.Token);
        return new Posted(message.MessageId!, [.. message.To.Mailboxes.Select(mailbox => mailbox.Address)]);
    }

    private static async Task<Error?> ConnectAsync(SmtpClient client, MailOptions settings, CancellationToken either, CancellationToken cancellationToken)
    {
        try
        {
            await client.ConnectAsync(settings.Host, settings.Port, settings.Security switch
            {
                MailSecurity.Tls => SecureSocketOptions.SslOnConnect,
                MailSecurity.StartTls => SecureSocketOptions.StartTls,
                _ => SecureSocketOptions.None,
            }, either);
            if (settings.User.Length > 0)
            {
                await client.AuthenticateAsync(settings.User, settings.Password, either);
            }

            return null;
        }
        catch (Exception failed) when (failed is AuthenticationException or SaslException)
        {
            return MailErrors.SignInRefused();
        }
        catch (Exception failed) when (failed is SocketException or IOException or SslHandshakeException or SmtpProtocolException or SmtpCommandException or NotSupportedException
            || (failed is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return MailErrors.Unreachable(settings.Host, settings.Port);
        }
    }

    private static Result<MimeMessage> Write(Letter letter, MailOptions settings)
    {
        var message = new MimeMessage();
        message.From.Add(MailboxAddress.Parse(settings.From));
        foreach (var address in letter.To.Where(one => !string.IsNullOrWhiteSpace(one)))
        {
            if (!MailboxAddress.TryParse(address.Trim(), out var mailbox) || mailbox.Address.Any(letter => char.IsControl(letter) || char.IsWhiteSpace(letter))
                || mailbox.Domain is not { Length: > 0 } domain)
            {
                return MailErrors.BadAddress(address);
            }

            if (settings.AllowedDomains.Count > 0 && !settings.AllowedDomains.Contains(domain, StringComparer.OrdinalIgnoreCase))
            {
                return MailErrors.OtherDomain(mailbox.Address);
            }

            message.To.Add(mailbox);
        }

        if (message.To.Count == 0)
        {
            return MailErrors.NoRecipient();
        }

        // One line: a header ends where a line does.
        message.Subject = string.Join(' ', letter.Subject.Split((char[])['\r', '\n', '\0'], StringSplitOptions.RemoveEmptyEntries));
        message.MessageId = $"{letter.Id}@{((MailboxAddress)message.From[0]).Domain}";
        message.Body = new TextPart("plain") { Text = letter.Text };
        return message;
    }

    private static async Task LeaveAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        try
        {
            await client.DisconnectAsync(quit: true, cancellationToken);
        }
        catch (Exception rude) when (rude is IOException or SmtpProtocolException or SmtpCommandException or SocketException or OperationCanceledException)
        {
            // The e-mail was taken over; that the server hangs up changes nothing.
        }
    }
}
