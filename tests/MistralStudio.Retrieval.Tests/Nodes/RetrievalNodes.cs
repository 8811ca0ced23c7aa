using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Models;
using MistralStudio.Tests.Shared.Fakes;
using MistralStudio.Tests.Shared.Rigs;

namespace MistralStudio.Retrieval.Tests.Nodes;

/// <summary>This room's nodes in the engine, over the whole room.</summary>
internal sealed class RetrievalNodes : IDisposable
{
    public RetrievalNodes(IChatClient? model = null)
    {
        Router = new FakeModelRouter(model ?? new ScriptedChatClient(_ => "no"));
        Room = new RetrievalRoom(services: services =>
        {
            services.AddSingleton<IModelRouter>(Router);
            services.AddSingleton<IDefaultModels>(new ChosenModels());
        });
        Rig = new NodeRig(services =>
        {
            foreach (var type in Room.Get<IEnumerable<NodeType>>())
            {
                services.AddSingleton(type);
            }

            foreach (var executor in Room.Get<IEnumerable<INodeExecutor>>())
            {
                services.AddSingleton(executor);
            }
        })
        {
            Workspace = Room.Workspace,
        };
    }

    public RetrievalRoom Room { get; }

    public NodeRig Rig { get; }

    public FakeModelRouter Router { get; }

    public async Task<KnowledgeBase> BaseAsync(string name = "Contracts") =>
        await Room.Store.CreateBaseAsync(Room.Workspace, name, EmbeddingOnlyHost.ModelId, null, TestContext.Current.CancellationToken);

    public void Dispose()
    {
        Rig.Dispose();
        Room.Dispose();
    }
}
