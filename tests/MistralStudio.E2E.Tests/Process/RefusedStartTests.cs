using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using MistralStudio.Tests.Shared;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>What keeps a studio from starting ends the process with code 1 and one sentence that says what to do.</summary>
public sealed class RefusedStartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("studio-start-").FullName;

    private string Data => Path.Combine(_folder, "data");

    [Theory]
    [InlineData("Studio__Urls", "ftp://here", "Studio:Urls", "addresses like http://localhost:5080")]
    [InlineData("Studio__Durability", "paper", "Studio:Durability", "process, or power to lose nothing of a run to a power cut either")]
    [InlineData("Studio__PublicUrl", "studio", "Studio:PublicUrl", "one address like https://studio.example.com")]
    [InlineData("Studio__ManagementUrl", "9464", "Studio:ManagementUrl", "one address like http://127.0.0.1:9464")]
    [InlineData("Inference__Slots", "many", "Inference:Slots", "a whole number from 0 to 256")]
    [InlineData("Inference__SlotTokens", "-12", "Inference:SlotTokens", "a whole number from 0 to 1048576")]
    [InlineData("Inference__Accelerator", "gpu", "Inference:Accelerator", "auto, cpu, webgpu or cuda")]
    [InlineData("Egress__AllowedHosts__0", "localhost", "Egress:AllowedHosts", "a list of host:port, like localhost:11434")]
    [InlineData("Knowledge__DenseWeight", "1.5", "Knowledge:DenseWeight", "a number from 0 to 1")]
    [InlineData("Knowledge__MaxParseTime", "soon", "Knowledge:MaxParseTime", "a time from 00:00:01 to 02:00:00")]
    [InlineData("Knowledge__MaxDocumentBytes", "100MB", "Knowledge:MaxDocumentBytes", "a whole number from 1024 to 2000000000")]
    [InlineData("Cluster__Address", "8.8.8.8", "Cluster:Address", "an address of this machine in a private network, like 10.0.0.7")]
    [InlineData("Cluster__FailureAfter", "00:00:01", "Cluster:FailureAfter", "a time from 00:00:03 to 00:05:00")]
    public async Task AWrongSetting_IsNamed_WithWhatItWas_AndWhatItMayBe(string variable, string value, string setting, string mayBe) =>
        AssertOneLine(await StudioProcess.RefuseAsync(Data, null, (variable, value)), $"The setting {setting} is \"{value}\". It may be {mayBe}");

    [Fact]
    public async Task AWrongConnectionString_IsNamed_WithoutWhatItWas() =>
        AssertOneLine(await StudioProcess.RefuseAsync(Data, null, ("ConnectionStrings__Studio", "Password=hidden")), "The setting ConnectionStrings:Studio is \"...\". It may be a connection string like Host=db;");

    [Fact]
    public async Task APortInUse_IsNamed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");
        AssertOneLine(await StudioProcess.RefuseAsync(Data, url), $"Another program listens on http://127.0.0.1:{url.Port} already. Stop it, or choose another address");
    }

    [Fact]
    public async Task AnAddressOfAnotherMachine_IsNamed() =>
        AssertOneLine(await StudioProcess.RefuseAsync(Data, new Uri("http://192.0.2.1:5141")), "The setting Studio:Urls is \"http://192.0.2.1:5141\"");

    [Fact]
    public async Task AFileInPlaceOfTheDataFolder_IsNamed()
    {
        await File.WriteAllTextAsync(Data, "", TestContext.Current.CancellationToken);
        AssertOneLine(await StudioProcess.RefuseAsync(Data), $"The data folder {Data} cannot be written. Give this user the right");
    }

    [Fact]
    public async Task AReadOnlyDataFolder_IsNamed()
    {
        using var mount = TemporaryMount.Tmpfs(_folder, "data", "ro,size=1m");
        AssertOneLine(await StudioProcess.RefuseAsync(Data), $"The data folder {Data} cannot be written.");
    }

    [Fact]
    public async Task AFullDisk_IsNamed()
    {
        using var mount = TemporaryMount.Tmpfs(_folder, "data", "size=64k");
        AssertOneLine(await StudioProcess.RefuseAsync(Data), $"The disk that holds the data folder {Data} is full. Free some space");
    }

    [Fact]
    public async Task ADatabaseOfANewerVersion_IsNamed_AndLeftAlone()
    {
        await using (await StudioProcess.StartAsync(Data))
        {
        }

        var database = Path.Combine(Data, "studio.db");
        await using (var connection = new SqliteConnection($"Data Source={database};Pooling=False"))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_FromTheFuture', '99.0.0')";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        AssertOneLine(await StudioProcess.RefuseAsync(Data), $"The database {database} was written by a newer version of MistralStudio");
    }

    [Fact]
    public async Task ASecondStudioOnTheSameFolder_IsRefused_AndCommandsAreNot()
    {
        await using var first = await StudioProcess.StartAsync(Data, null, StudioProcess.Owner);
        AssertOneLine(await StudioProcess.RefuseAsync(Data), $"Another studio uses the data folder {Data}. Stop it, or name another folder in Studio:DataPath.");
        using var program = await first.NewProgramAsync();
        Assert.Equal(HttpStatusCode.OK, (await program.GetAsync(new Uri("/v1/models", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);

        await first.KillAsync();
        await using var next = await StudioProcess.StartAsync(Data);
        Assert.Null(next.SetupUrl);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void AssertOneLine((int Code, string Output) ended, string sentence)
    {
        Assert.Equal(1, ended.Code);
        Assert.StartsWith(sentence, ended.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', ended.Output);
    }
}
