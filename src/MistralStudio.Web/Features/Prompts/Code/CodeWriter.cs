using System.Text.Json;

namespace MistralStudio.Web.Features.Prompts.Code;

/// <summary>A language that code is given in.</summary>
public enum CodeLanguage
{
    /// <summary>A command line of POSIX shells.</summary>
    Curl,

    /// <summary>C# with what .NET has, as a file of top-level statements.</summary>
    CSharp,

    /// <summary>Python with the package <c>openai</c>.</summary>
    Python,

    /// <summary>JavaScript (a module) with the npm package <c>openai</c>.</summary>
    JavaScript,
}

/// <summary>Writes programs that send a request. Keys come from the environment; a real one is never in it.</summary>
public static class CodeWriter
{
    // What create() of the Python package takes by name; everything else goes into extra_body.
    private static readonly HashSet<string> s_pythonNames = new(StringComparer.Ordinal)
    {
        "model", "messages", "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "tools", "response_format",
    };

    /// <summary>The program.</summary>
    public static string Write(CodeRequest request, CodeLanguage language) => language switch
    {
        CodeLanguage.Curl => Curl(request),
        CodeLanguage.CSharp => CSharp(request),
        CodeLanguage.Python => Python(request),
        _ => JavaScript(request),
    };

    /// <summary>A command that posts JSON to an address of this studio.</summary>
    public static string Curl(string address, JsonElement body) => Curl(address, $"Authorization: Bearer ${CodeRequest.StudioKey}", body);

    private static string Curl(CodeRequest request) => Curl(request.Url, $"{request.KeyHeader ?? "Authorization"}: {(request.KeyHeader is null ? "Bearer " : "")}${request.KeyVariable}", request.Body);

    private static string Curl(string address, string authorization, JsonElement body) =>
        $"""
        curl {Shell(address)} \
          -H "{authorization}" \
          -H "Content-Type: application/json" \
          -d {Shell(Literals.Json.Value(body, 0))}
        """;

    private static string CSharp(CodeRequest request)
    {
        var json = Literals.Json.Value(request.Body, 0);
        var quotes = new string('"', Math.Max(3, LongestRun(json, '"') + 1));
        var key = $"Environment.GetEnvironmentVariable(\"{request.KeyVariable}\")";
        return $"""
            using System.Net.Http.Headers;
            using System.Text;
            using System.Text.Json;

            const string request = {quotes}
            {json}
            {quotes};

            using var http = new HttpClient();
            {(request.KeyHeader is { } header ? $"http.DefaultRequestHeaders.Add(\"{header}\", {key});" : $"http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(\"Bearer\", {key});")}
            using var answer = await http.PostAsync({Literals.Json.Text(request.Url)}, new StringContent(request, Encoding.UTF8, "application/json"));
            answer.EnsureSuccessStatusCode();

            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
            var message = json.RootElement.GetProperty("choices")[0].GetProperty("message");
            Console.WriteLine({(request.HasTools ? "message" : "message.GetProperty(\"content\").GetString()")});
            """.ReplaceLineEndings("\n");
    }

    private static string Python(CodeRequest request)
    {
        var members = request.Body.EnumerateObject().ToList();
        var named = members.Where(member => s_pythonNames.Contains(member.Name)).Select(member => $"    {member.Name}={Literals.Python.Value(member.Value, 4)},");
        var further = members.Where(member => !s_pythonNames.Contains(member.Name)).ToDictionary(member => member.Name, member => member.Value);
        var extra = further.Count == 0 ? [] : new[] { $"    extra_body={Literals.Python.Value(JsonSerializer.SerializeToElement(further), 4)}," };
        var client = request.KeyHeader is { } header
            ? $"client = OpenAI(base_url={Literals.Python.Text(request.BaseUrl)}, api_key=\"\", default_headers={{\"{header}\": os.environ[\"{request.KeyVariable}\"]}}{Query()})"
            : $"client = OpenAI(base_url={Literals.Python.Text(request.BaseUrl)}, api_key=os.environ[\"{request.KeyVariable}\"])";
        return string.Join('\n',
        [
            "import os", "from openai import OpenAI", "", client, "answer = client.chat.completions.create(", .. named, .. extra, ")",
            request.HasTools ? "print(answer.choices[0].message)" : "print(answer.choices[0].message.content)",
        ]);

        string Query() => Version(request) is { } version ? $", default_query={{\"api-version\": {Literals.Python.Text(version)}}}" : "";
    }

    private static string JavaScript(CodeRequest request)
    {
        var key = $"process.env.{request.KeyVariable}";
        var client = request.KeyHeader is { } header
            ? $"apiKey: '', defaultHeaders: {{ '{header}': {key} }}{(Version(request) is { } version ? $", defaultQuery: {{ 'api-version': {Literals.JavaScript.Text(version)} }}" : "")}"
            : $"apiKey: {key}";
        return string.Join('\n',
        [
            "import OpenAI from 'openai';", "",
            $"const client = new OpenAI({{ baseURL: {Literals.JavaScript.Text(request.BaseUrl)}, {client} }});",
            $"const answer = await client.chat.completions.create({Literals.JavaScript.Value(request.Body, 0)});",
            request.HasTools ? "console.log(JSON.stringify(answer.choices[0].message, null, 2));" : "console.log(answer.choices[0].message.content);",
        ]);
    }

    private static string? Version(CodeRequest request) =>
        request.Query.StartsWith("?api-version=", StringComparison.Ordinal) ? Uri.UnescapeDataString(request.Query["?api-version=".Length..]) : null;

    // Inside of single quotes a shell changes nothing; the mark itself is written outside of them.
    private static string Shell(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static int LongestRun(string text, char of)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == of ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
