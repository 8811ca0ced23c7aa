using MistralStudio.Core;

namespace MistralStudio.Agents.Mail;

/// <summary>Hands e-mail to the operator's mail server.</summary>
internal interface IMailer
{
    /// <summary>Sends one; fails where nothing is set up, an address is wrong, or the server refuses.</summary>
    Task<Result<Posted>> SendAsync(Letter letter, CancellationToken cancellationToken);
}

/// <summary>An e-mail.</summary>
/// <param name="Id">Left of the @ of its Message-Id: the same for every attempt.</param>
/// <param name="To">Addresses of the recipients.</param>
internal sealed record Letter(string Id, IReadOnlyList<string> To, string Subject, string Text);

/// <summary>What the mail server took over.</summary>
internal sealed record Posted(string MessageId, IReadOnlyList<string> To);
