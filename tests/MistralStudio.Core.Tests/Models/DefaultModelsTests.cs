using Microsoft.Extensions.AI;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;

namespace MistralStudio.Core.Tests.Models;

public sealed class DefaultModelsTests
{
    [Theory]
    [InlineData(null, "b-work")]
    [InlineData("a-starter", "a-starter")]
    [InlineData("c-broken", "b-work")]
    [InlineData("removed", "b-work")]
    public async Task TheChoice_Counts_AsLongAsItWorksHere(string? chosen, string expected)
    {
        var defaults = new ChosenModels();
        await defaults.SetAsync(WorkspaceId.New(), ModelTask.Embedding, chosen, null, TestContext.Current.CancellationToken);
        var host = new ListedModels(
            Model("a-starter") with { IsStarter = true }, Model("b-work"), Model("c-broken") with { State = ModelState.Failed }, Model("a-chat") with { Task = ModelTask.Chat });

        Assert.Equal(expected, (await FindAsync(defaults, host, ModelTask.Embedding))?.Id);
    }

    [Fact]
    public async Task AModelThatFailed_IsFound_WhereThereIsNoOther()
    {
        var host = new ListedModels(Model("broken") with { State = ModelState.Failed });

        Assert.Equal("broken", (await FindAsync(new ChosenModels(), host, ModelTask.Embedding))?.Id);
        Assert.Null(await FindAsync(new ChosenModels(), host, ModelTask.Reranking));
    }

    private static async Task<InstalledModel?> FindAsync(ChosenModels defaults, ListedModels host, ModelTask task) =>
        await defaults.FindAsync(host, WorkspaceId.New(), task, TestContext.Current.CancellationToken);

    private static InstalledModel Model(string id) => new() { Id = id, Name = id, Task = ModelTask.Embedding, State = ModelState.OnDisk };

    private sealed class ListedModels(params InstalledModel[] models) : IModelHost
    {
        public IReadOnlyList<InstalledModel> List() => models;

        public InstalledModel? Find(string id) => models.FirstOrDefault(model => model.Id == id);

        public Result<IChatClient> Chat(string id) => ModelErrors.NoneInstalled();

        public Result<IEmbeddingGenerator<string, Embedding<float>>> Embedder(string id) => ModelErrors.NoneInstalled();

        public Task<Result<InstalledModel>> LoadAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Result<InstalledModel>> UnloadAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
