using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace MistralStudio.E2E.Tests.Process;

/// <summary>A knowledge base over the API, and a document that takes a few seconds to embed.</summary>
internal sealed class Ingestions(HttpClient program, string baseId)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public string Base => baseId;

    public static async Task<Ingestions> CreateAsync(HttpClient program)
    {
        using var made = await program.PostAsJsonAsync("/api/knowledge-bases", new { name = "Terms" }, Token);
        return new(program, (await made.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!);
    }

    /// <summary>Plain text of so many different paragraphs, each about as long as a passage.</summary>
    public static byte[] Document(int paragraphs)
    {
        var text = new StringBuilder();
        for (var i = 0; i < paragraphs; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"Clause {i}. ");
            for (var sentence = 0; sentence < 6; sentence++)
            {
                text.Append(CultureInfo.InvariantCulture, $"Party {(i * 7) + sentence} delivers lot {(i * 31) + sentence} to depot {i % 97} before day {(i * 13) % 365} of the year. ");
            }

            text.Append("\n\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Adds a document; the answer's status.</summary>
    public Task<HttpResponseMessage> AddAsync(byte[] content, string name = "terms.txt") => AddAsync([(name, content)]);

    /// <summary>Adds documents by one request; the answer's status.</summary>
    public async Task<HttpResponseMessage> AddAsync(IEnumerable<(string Name, byte[] Content)> files)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, content) in files)
        {
            form.Add(new ByteArrayContent(content), "files", name);
        }

        return await program.PostAsync(new Uri($"/api/knowledge-bases/{baseId}/documents", UriKind.Relative), form, Token);
    }

    /// <summary>Asks for the documents until one of them is as it should be.</summary>
    public async Task<JsonElement> WaitAsync(Func<JsonElement, bool> condition, HttpClient? instead = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            var listed = await (instead ?? program).GetFromJsonAsync<JsonElement>($"/api/knowledge-bases/{baseId}/documents", limit.Token);
            foreach (var document in listed.GetProperty("items").EnumerateArray())
            {
                Assert.Equal(JsonValueKind.Null, document.GetProperty("error").ValueKind);
                if (condition(document))
                {
                    return document;
                }
            }
        }
    }

    /// <summary>Waits until so many documents, which are all of the base, are indexed.</summary>
    public async Task<IReadOnlyList<JsonElement>> WaitForAllAsync(int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        while (true)
        {
            var all = new List<JsonElement>();
            string? after = null;
            do
            {
                var page = await program.GetFromJsonAsync<JsonElement>($"/api/knowledge-bases/{baseId}/documents?limit=200&after={after}", limit.Token);
                all.AddRange(page.GetProperty("items").EnumerateArray());
                after = page.GetProperty("after").GetString();
            }
            while (after is not null);

            Assert.Equal(count, all.Count);
            Assert.All(all, document => Assert.Equal(JsonValueKind.Null, document.GetProperty("error").ValueKind));
            if (all.TrueForAll(document => Is(document, "indexed")))
            {
                return all;
            }

            await Task.Delay(100, limit.Token);
        }
    }

    public static bool Is(JsonElement document, string state) => document.GetProperty("state").GetString() == state;
}
