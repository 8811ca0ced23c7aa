using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MistralStudio.Tests.Shared;

namespace MistralStudio.Web.Tests.Hosting;

/// <summary>The whole studio over a PostgreSQL server.</summary>
public sealed class PostgresStudioTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task APersonAndAProgram_WorkAsOverAFile_AndARevokedKeyIsRefusedAtOnce()
    {
        PostgresServer.Require();
        var database = await (await PostgresServer.FindAsync())!.CreateDatabaseAsync();
        await using var studio = await StudioServer.StartAsync(true, $"--ConnectionStrings:Studio={database}");
        using var browser = await studio.SignInAsync();
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/w/workspace/knowledge", Token)).StatusCode);

        var (key, program) = await studio.NewProgramAsync();
        using var made = await program.PostAsJsonAsync("/api/knowledge-bases", new { name = "Filings" }, Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var form = new MultipartFormDataContent { { new StringContent("# Geography\n\nParis is the capital of France.\n"), "files", "geography.md" } };
        using var uploaded = await program.PostAsync($"{made.Headers.Location}/documents", form, Token);
        Assert.Equal(HttpStatusCode.Accepted, uploaded.StatusCode);
        string? state;
        do
        {
            var documents = await program.GetFromJsonAsync<JsonElement>($"{made.Headers.Location}/documents", Token);
            state = documents.GetProperty("items")[0].GetProperty("state").GetString();
        }
        while (state is not ("indexed" or "failed"));
        Assert.Equal("indexed", state);

        Assert.Equal(HttpStatusCode.NoContent, (await program.DeleteAsync($"/api/keys/{key.Id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/api/knowledge-bases", Token)).StatusCode);
        Assert.False(File.Exists(Path.Combine(studio.DataPath, "studio.db")));
    }
}
