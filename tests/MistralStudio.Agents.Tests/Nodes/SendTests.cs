using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using MistralStudio.Agents.Mail;
using MistralStudio.Core.Connections;
using MistralStudio.Core.Flows;
using MistralStudio.Tests.Shared.Servers;

namespace MistralStudio.Agents.Tests.Nodes;

public sealed class SendTests
{
    private static readonly object s_email = new { via = "email", to = new[] { "Ann <ann@example.com>" }, subject = "Hello", text = "Nothing new.\n.\nBye" };

    [Fact]
    public async Task AWebhook_IsSigned_WithItsTime_AndGivesAReceipt()
    {
        var (headers, body) = (new HeaderDictionary(), "");
        await using var server = await LocalServer.StartAsync(async http =>
        {
            foreach (var header in http.Request.Headers)
            {
                headers[header.Key] = header.Value;
            }

            using var reader = new StreamReader(http.Request.Body);
            body = await reader.ReadToEndAsync();
            http.Response.StatusCode = 204;
        });
        await using var room = Room(server, "whsec_" + Convert.ToBase64String("a secret of bytes"u8));
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

        var receipt = Receipt(await room.RunAsync("send", new { via = "webhook", connection = "erp" }, new { order = 7, note = "due" }, key: "run/send", time: time));

        Assert.Equal("""{"order":7,"note":"due"}""", body);
        Assert.Equal("application/json", headers["Content-Type"].ToString());
        Assert.Equal("1767323045", headers["webhook-timestamp"].ToString());
        var expected = Convert.ToBase64String(HMACSHA256.HashData("a secret of bytes"u8, Encoding.UTF8.GetBytes($"{headers["webhook-id"]}.1767323045.{body}")));
        Assert.Equal($"v1,{expected}", headers["webhook-signature"].ToString());
        Assert.Equal(headers["webhook-id"].ToString(), receipt.GetProperty("id").GetString());
        Assert.Equal(204, receipt.GetProperty("status").GetInt32());
        Assert.DoesNotContain("run", headers["webhook-id"].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryAttempt_HasOneId_AndIsTriedAgainWhereTheReceiverCountsOnce()
    {
        var ids = new List<string>();
        await using var server = await LocalServer.StartAsync(http =>
        {
            ids.Add(http.Request.Headers["webhook-id"].ToString());
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        });
        await using var room = Room(server);

        foreach (var idempotent in new[] { true, false })
        {
            var failed = Assert.IsType<NodeOutcome.Failed>(await room.RunAsync("send", new { via = "webhook", connection = "erp", body = "x", idempotent }));
            Assert.Equal(idempotent, failed.IsTransient);
            Assert.Equal("send.status", failed.Error.Code);
        }

        Assert.Single(ids.Distinct());
        Assert.True(room.Type("send").IsIdempotent(JsonElement.Parse("""{"via":"webhook","connection":"erp","idempotent":true}""")));
        Assert.False(room.Type("send").IsIdempotent(JsonElement.Parse("""{"via":"email"}""")));
    }

    [Fact]
    public async Task AWebhook_WithoutASecret_OrThatSendsItOn_OrIsNotAllowed_IsAClearSentence()
    {
        await using var server = await LocalServer.StartAsync(http =>
        {
            http.Response.Redirect("https://elsewhere.example/");
            return Task.CompletedTask;
        });
        await using var room = Room(server);
        room.Keep("open", ConnectionKind.Webhook, server.Url, key: null);
        room.Keep("inside", ConnectionKind.Webhook, new Uri("https://192.168.0.1/hook"));

        Assert.Equal("send.no_secret", (await room.FailAsync("send", new { via = "webhook", connection = "open" })).Code);
        Assert.Equal("egress.redirected", (await room.FailAsync("send", new { via = "webhook", connection = "erp" })).Code);
        Assert.Equal("egress.refused", (await room.FailAsync("send", new { via = "webhook", connection = "inside" })).Code);
        Assert.Equal("outside.no_connection", (await room.FailAsync("send", new { via = "webhook", connection = "none" })).Code);
    }

    [Theory]
    [InlineData("""{"via":"webhook"}""", "/connection", "send.no_webhook")]
    [InlineData("""{"via":"webhook","connection":"a","subject":"b"}""", "/subject", "send.stray_field")]
    [InlineData("""{"via":"email","to":["a@b.example"],"text":"c"}""", "/subject", "send.incomplete")]
    [InlineData("""{"via":"email","to":["a@b.example"],"subject":"b","text":"c","body":"d"}""", "/body", "send.stray_field")]
    public async Task WhatIsMissingOrTooMuch_DoesNotCompile(string config, string field, string code)
    {
        await using var room = new NodeRoom([]);
        var problem = Assert.Single(room.Check("send", config));
        Assert.Equal((field, code), (problem.Field, problem.Error.Code));
    }

    [Fact]
    public async Task WithoutAMailServer_EMailIsOneClearSentence()
    {
        await using var room = new NodeRoom([]);

        Assert.Equal(
            "This studio has no mail server. The operator can name one in Smtp:Host, and the sender in Smtp:From.",
            (await room.FailAsync("send", s_email)).ToString());
    }

    [Fact]
    public async Task AnEMail_GoesOut_AndItsReceiptNamesIt()
    {
        await using var server = new SmtpServer();
        await using var room = MailRoom(server);

        var receipt = Receipt(await room.RunAsync("send", s_email));

        Assert.Contains("MAIL FROM:<studio@example.com>", server.Lines, StringComparer.OrdinalIgnoreCase);
        Assert.Contains("RCPT TO:<ann@example.com>", server.Lines, StringComparer.OrdinalIgnoreCase);
        Assert.Contains("Subject: Hello", server.Message);
        // A line of one dot would end the message; it travels as two.
        Assert.Contains("..", server.Message);
        Assert.Contains($"Message-Id: <{receipt.GetProperty("id").GetString()}>", server.Message);
        Assert.Equal("ann@example.com", receipt.GetProperty("to")[0].GetString());
    }

    [Theory]
    [InlineData("Hello\r\nBcc: everyone@example.com")]
    [InlineData("Hello\nX-Spam: no")]
    public async Task ASubject_StaysOneHeader(string subject)
    {
        await using var server = new SmtpServer();
        await using var room = MailRoom(server);

        await room.RunAsync("send", new { via = "email", to = new[] { "ann@example.com" }, subject, text = "t" });

        Assert.DoesNotContain(server.Message, line => line.StartsWith("Bcc:", StringComparison.OrdinalIgnoreCase) || line.StartsWith("X-Spam", StringComparison.OrdinalIgnoreCase));
        Assert.Single(server.Lines, line => line.StartsWith("RCPT", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("ann", "mail.bad_address")]
    [InlineData("ann@example.com\r\nRCPT TO:<eve@evil.example>", "mail.bad_address")]
    [InlineData("ann@example.com, eve@evil.example", "mail.bad_address")]
    [InlineData("eve@evil.example", "mail.other_domain")]
    [InlineData("  ", "mail.no_recipient")]
    public async Task ARecipient_IsOneAddress_OfADomainThatIsAllowed(string to, string code)
    {
        await using var server = new SmtpServer();
        await using var room = MailRoom(server, options => options.AllowedDomains.Add("example.com"));

        Assert.Equal(code, (await room.FailAsync("send", new { via = "email", to = new[] { to }, subject = "s", text = "t" })).Code);
        Assert.Empty(server.Lines);
    }

    [Theory]
    [InlineData("RCPT", "550 no such mailbox", "mail.refused", false)]
    [InlineData("MAIL", "451 try later", "mail.busy", true)]
    [InlineData("DATA", "554 spam", "mail.refused", false)]
    [InlineData("MAIL", null, "mail.broken", false)]
    public async Task AServerThatRefuses_IsAClearSentence_AndTriedAgainOnlyWhereNothingWasSent(string command, string? answer, string code, bool isTransient)
    {
        await using var server = new SmtpServer();
        server.Answers[command] = answer;
        await using var room = MailRoom(server);

        var failed = Assert.IsType<NodeOutcome.Failed>(await room.RunAsync("send", s_email));

        Assert.Equal((code, isTransient), (failed.Error.Code, failed.IsTransient));
    }

    [Fact]
    public async Task AServerThatIsNotThere_OrHasNoTls_IsUnreachable()
    {
        await using var server = new SmtpServer();
        await using var room = MailRoom(server, options => options.Security = MailSecurity.StartTls);

        var failed = Assert.IsType<NodeOutcome.Failed>(await room.RunAsync("send", s_email));

        Assert.Equal((MailErrors.UnreachableCode, true), (failed.Error.Code, failed.IsTransient));
        Assert.DoesNotContain(server.Lines, line => line.StartsWith("MAIL", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void Settings_ThatAreWrong_SayWhich()
    {
        Assert.Contains(Faults(new MailOptions { Host = "mail.example.com" }), fault => fault.StartsWith("Smtp:From", StringComparison.Ordinal));
        Assert.Contains(Faults(new MailOptions { Host = "mail.example.com", From = "a@b.example", Password = "p", Security = MailSecurity.None }), fault => fault.StartsWith("Smtp:Security", StringComparison.Ordinal));
        Assert.Empty(Faults(new MailOptions { Host = "mail.example.com", From = "Studio <a@b.example>" }));
    }

    private static IEnumerable<string> Faults(MailOptions options) => options.Validate(new ValidationContext(options)).Select(fault => fault.ErrorMessage!);

    private static NodeRoom Room(LocalServer server, string? key = NodeRoom.Secret)
    {
        var room = new NodeRoom([$"127.0.0.1:{server.Port}"]);
        room.Keep("erp", ConnectionKind.Webhook, server.Url, key);
        return room;
    }

    private static NodeRoom MailRoom(SmtpServer server, Action<MailOptions>? more = null) => new([], mail: options =>
    {
        (options.Host, options.Port, options.Security, options.From, options.TimeoutSeconds) = ("127.0.0.1", server.Port, MailSecurity.None, "Studio <studio@example.com>", 5);
        more?.Invoke(options);
    });

    private static JsonElement Receipt(NodeOutcome outcome) =>
        outcome is NodeOutcome.Succeeded done ? done.Outputs["receipt"].Json : throw new InvalidOperationException(outcome.ToString());
}
