using MistralStudio.Agents;
using MistralStudio.Cluster;
using MistralStudio.Data;

namespace MistralStudio.Web.Hosting;

/// <summary>The rooms of the house, wired together.</summary>
internal static class Rooms
{
    public static void AddRooms(this WebApplicationBuilder builder, StudioOptions studio)
    {
        builder.Services.AddData(studio.DataPath);
        builder.AddCluster();
        builder.Services.AddAgents();
    }
}
