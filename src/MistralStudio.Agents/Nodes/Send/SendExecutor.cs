using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using MistralStudio.Agents.Mail;
using MistralStudio.Agents.Nodes.HttpRequest;
using MistralStudio.Agents.Outside;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Egress;
using MistralStudio.Core.Flows;

namespace MistralStudio.Agents.Nodes.Send;

/// <summary>Runs Send nodes.</summary>
internal sealed class SendExecutor(IEgress egress, OutsideGate gate, IMailer mailer) : INodeExecutor
{
    private static readonly EgressLimits s_limits = new() { MaxBytes = 1 << 20, MaxRedirects = 0, HeadTimeout = TimeSpan.FromSeconds(30), TotalTimeout = TimeSpan.FromSeconds(30) };

    /// <inheritdoc/>
    public string Type => SendNode.Type.Id;

    /// <inheritdoc/>
    public async ValueTask<NodeOutcome> ExecuteAsync(NodeExecution execution, CancellationToken cancellationToken)
    {
        if (await gate.FindRefusalAsync(execution.Start.Workspace, execution.Sources, cancellationToken) is { } refusal)
        {
            return new NodeOutcome.Failed(refusal);
        }

        var config = (SendConfig)execution.Config;
        return config.Via == SendConfig.Webhook ? await CallAsync(config, execution, cancellationToken) : await PostAsync(config, execution, cancellationToken);
    }

    private async Task<NodeOutcome> CallAsync(SendConfig config, NodeExecution execution, CancellationToken cancellationToken)
    {
        var opened = await gate.OpenAsync(execution.Start.Workspace, config.Connection!, ConnectionKind.Webhook, cancellationToken);
        if (!opened.IsSuccess)
        {
            return new NodeOutcome.Failed(opened.Error);
        }

        if (opened.Value.Key is not { Length: > 0 } secret)
        {
            return new NodeOutcome.Failed(SendErrors.NoSecret(config.Connection!));
        }

        var text = config.Body ?? FlowValue.From(execution.Inputs.ToDictionary(input => input.Key, input => input.Value.Json)).Text;
        var body = Encoding.UTF8.GetBytes(text);
        var id = IdOf(execution);
        var sentAt = execution.Time.GetUtcNow();
        var timestamp = sentAt.ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, opened.Value.Connection.Settings.Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(RequestBody.IsJson(text) ? "application/json" : "text/plain; charset=utf-8");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Of(secret, id, timestamp, body));
        var sent = await egress.SendAsync(execution.Start.Workspace, request, s_limits, cancellationToken);
        if (!sent.IsSuccess)
        {
            return new NodeOutcome.Failed(sent.Error, config.Idempotent && ServerAnswer.IsTransient(sent.Error));
        }

        using var response = sent.Value;
        return response.IsSuccessStatusCode
            ? NodeOutcome.Of("receipt", FlowValue.From(new { via = config.Via, id, status = (int)response.StatusCode, sentAt = Text(sentAt) }))
            : new NodeOutcome.Failed(SendErrors.Status(config.Connection!, (int)response.StatusCode), config.Idempotent && ServerAnswer.IsTransient(response.StatusCode))
            {
                RetryAfter = ServerAnswer.PauseOf(response, execution.Time.GetUtcNow()),
            };
    }

    private async Task<NodeOutcome> PostAsync(SendConfig config, NodeExecution execution, CancellationToken cancellationToken)
    {
        var posted = await mailer.SendAsync(new Letter(IdOf(execution), config.To, config.Subject, config.Text), cancellationToken);
        return posted.IsSuccess
            ? NodeOutcome.Of("receipt", FlowValue.From(new { via = config.Via, id = posted.Value.MessageId, to = posted.Value.To, sentAt = Text(execution.Time.GetUtcNow()) }))
            // Of these alone it is certain that nothing was sent.
            : new NodeOutcome.Failed(posted.Error, posted.Error.Code is MailErrors.UnreachableCode or MailErrors.BusyCode);
    }

    // The same for every attempt of this node in this run, and tells nothing of either.
    private static string IdOf(NodeExecution execution) => $"msg_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(execution.IdempotencyKey)))[..32]}";

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
