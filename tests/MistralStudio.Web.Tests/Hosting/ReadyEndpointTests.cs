using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace MistralStudio.Web.Tests.Hosting;

public sealed class ReadyEndpointTests
{
    [Fact]
    public async Task Ready_IsSaidToAnybody_AndWhatOfIt_OnlyToAKey()
    {
        await using var server = await StudioServer.StartAsync();
        using var anybody = server.NewBrowser();
        // Work is taken up beside the first pages.
        HttpResponseMessage answer;
        do
        {
            answer = await anybody.GetAsync("/readyz");
        }
        while (answer.StatusCode == HttpStatusCode.ServiceUnavailable);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("ok", await answer.Content.ReadAsStringAsync());

        var (_, program) = await server.NewProgramAsync();
        using (program)
        {
            var told = await program.GetFromJsonAsync<JsonElement>("/readyz");
            Assert.True(told.GetProperty("ready").GetBoolean());
            Assert.Equal(["database", "index", "work"], told.GetProperty("parts").EnumerateArray().Select(part => part.GetProperty("part").GetString()));
        }
    }

    [Fact]
    public async Task ALostDatabase_IsNotReady()
    {
        await using var server = await StudioServer.StartAsync();
        using var anybody = server.NewBrowser();
        var database = Path.Combine(server.DataPath, "studio.db");
        File.Delete(database);
        Directory.CreateDirectory(database);
        // Whoever has the lost file open still works on it, until its connection is closed.
        HttpResponseMessage answer;
        do
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            answer = await anybody.GetAsync("/readyz");
        }
        while (answer.StatusCode == HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("not ready", await answer.Content.ReadAsStringAsync());
    }
}
