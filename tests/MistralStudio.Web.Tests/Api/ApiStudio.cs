using System.Net.Http.Headers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Core.Security;
using MistralStudio.Data.Accounts;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Web.Tests.Api;

/// <summary>The real server over a data folder of its own; only models and search are scripted.</summary>
public sealed class ApiStudio : WebApplicationFactory<Program>
{
    /// <summary>The data folder.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("studio-api-").FullName;

    /// <summary>Further settings, as in the environment; set before the first client is made.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>The model that answers.</summary>
    public ScriptedChatClient Chat { get; set; } = new(_ => "Paris is the capital.");

    /// <summary>What a search finds.</summary>
    public FakeKnowledgeSearch Search { get; } = new();

    /// <summary>A client that sends a key with these scopes; all of the owner's where none is named.</summary>
    public async Task<HttpClient> SignedInAsync(params string[] scopes)
    {
        using var started = CreateClient();
        var owner = (await Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(default))!;
        return await SignedInAsync(owner.User, scopes.Length == 0 ? [.. RolePermissions.All] : scopes);
    }

    /// <summary>A client that sends a key that a member made.</summary>
    public async Task<HttpClient> SignedInAsync(UserId member, params string[] scopes)
    {
        var client = CreateClient();
        var owner = (await Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(default))!;
        var created = await Services.GetRequiredService<ApiKeyStore>().CreateAsync(owner.Workspace, member, "test", scopes, null, default);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", created.Value.Token);
        return client;
    }

    /// <summary>Another member of the owner's workspace, without a password.</summary>
    public async Task<Membership> JoinAsync(string email, Role role)
    {
        using var started = CreateClient();
        var owner = (await Services.GetRequiredService<AccountStore>().FindDefaultOwnerAsync(default))!;
        var invites = Services.GetRequiredService<InviteStore>();
        var (_, token) = await invites.CreateAsync(owner.Workspace, role, owner.User, default);
        var user = StudioUser.Create(email, email.Split('@')[0], Services.GetRequiredService<TimeProvider>().GetUtcNow());
        return (await invites.AcceptAsync(token, user, user.UserId, default)).Value;
    }

    /// <summary>Listens on a real socket; returns where.</summary>
    public Uri Listen()
    {
        UseKestrel(0);
        StartServer();
        return new Uri(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First().Replace("[::]", "127.0.0.1", StringComparison.Ordinal));
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        MigratedDatabase.Lay(Folder);
        builder.UseEnvironment("Production");
        builder.UseSetting("Studio:DataPath", Folder);
        builder.UseSetting("Studio:Urls", "http://127.0.0.1:0");
        builder.UseSetting("Knowledge:MaxDocumentBytes", "4096");
        builder.UseSetting("Setup:Owner:Email", "owner@example.org");
        builder.UseSetting("Setup:Owner:Password", "correct horse battery");
        foreach (var (name, value) in Settings)
        {
            builder.UseSetting(name, value);
        }

        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<IModelHost>(_ => new ScriptedHost(() => Chat));
            services.AddSingleton<IKnowledgeSearch>(Search);
            services.AddSingleton<IKnowledgeReader>(Search);
            services.AddSingleton<ICitationLinker>(Search);
        });
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private sealed class ScriptedHost(Func<IChatClient> chat) : IModelHost
    {
        private readonly EmbeddingOnlyHost _embedding = new(new HashedEmbedder());

        public IReadOnlyList<InstalledModel> List() =>
            [new() { Id = "scripted", Name = "Scripted", Task = ModelTask.Chat, State = ModelState.Ready }, .. _embedding.List()];

        public InstalledModel? Find(string id) => List().FirstOrDefault(model => model.Id == id);

        public Result<IChatClient> Chat(string id) =>
            id == "scripted" ? Result<IChatClient>.Success(chat()) : ModelErrors.WrongTask(id, ModelTask.Chat);

        public Result<IEmbeddingGenerator<string, Embedding<float>>> Embedder(string id) =>
            id == "scripted" ? ModelErrors.WrongTask(id, ModelTask.Embedding) : _embedding.Embedder(id);

        public Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken) =>
            Task.FromResult<Result<InstalledModel>>(Find(id)!);

        public Task<Result<InstalledModel>> UnloadAsync(string id, CancellationToken cancellationToken) => LoadAsync(id, cancellationToken);
    }
}
