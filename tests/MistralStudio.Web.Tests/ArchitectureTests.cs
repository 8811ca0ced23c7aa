using System.Reflection;
using NetArchTest.Rules;

namespace MistralStudio.Web.Tests;

/// <summary>The house as it is drawn: Web composes, the rooms stand beside each other, Core is the floor.</summary>
public sealed class ArchitectureTests
{
    private const string House = "MistralStudio";

    private static readonly Assembly s_web = typeof(Program).Assembly;

    private static readonly string[] s_rooms = ["Agents", "Cluster", "Core", "Data", "Flows", "Inference", "Retrieval"];

    /// <summary>Libraries that one room alone knows, so that each can be replaced in one place.</summary>
    public static TheoryData<string, string> Isolated => new()
    {
        { "Microsoft.ML.OnnxRuntime", "Inference" },
        { "Google.Protobuf", "Inference" },
        { "Microsoft.SemanticKernel", "Agents" },
        { "Orleans", "Cluster" },
        { "UglyToad.PdfPig", "Retrieval" },
        { "Fluid", "Flows" },
        { "Jint", "Flows" },
        { "MudBlazor", "Web" },
    };

    [Fact]
    public void Rooms_ReferenceCoreAlone_AndCoreNothingOfOurs()
    {
        Assert.Equal(s_rooms, s_web.GetReferencedAssemblies().Select(RoomOf).OfType<string>().Order(StringComparer.Ordinal));
        Assert.All(s_rooms, room =>
        {
            var allowed = room == "Core" ? Array.Empty<string>() : ["Core"];
            Assert.Empty(Room(room).GetReferencedAssemblies().Select(RoomOf).OfType<string>().Except(allowed));
        });
    }

    [Fact]
    public void Core_KnowsTheSeamsOfModelsAndNothingHeavier() => Assert.DoesNotContain(
        Room("Core").GetReferencedAssemblies().Select(reference => reference.Name!),
        name => !name.StartsWith("System", StringComparison.Ordinal) && name is not ("netstandard" or "Microsoft.Extensions.AI.Abstractions"));

    [Theory]
    [MemberData(nameof(Isolated))]
    public void AHeavyLibrary_IsKnownToOneRoom(string library, string owner)
    {
        // What refers to no assembly of it has no type that knows it; of what does, generated code may.
        var referring = s_rooms.Append("Web").Where(room => Room(room).GetReferencedAssemblies().Any(reference => IsOf(reference, library))).ToList();
        Assert.Contains(owner, referring);
        Assert.All(
            referring.Where(room => room != owner),
            room => Assert.Empty(Types.InAssembly(Room(room)).That().ResideInNamespace(House).And().HaveDependencyOn(library).GetTypes().Select(type => type.FullName)));

        static bool IsOf(AssemblyName reference, string library) => reference.Name == library || reference.Name!.StartsWith($"{library}.", StringComparison.Ordinal);
    }

    [Fact]
    public void Stores_KeepTheDatabaseToThemselves_ButForTheScopeOfAPage() => Assert.Equal(
        ["StudioHost", "WorkspaceScopes", "OfflineServices"],
        Types.InAssembly(s_web).That().HaveDependencyOn("MistralStudio.Data.StudioDbContext").GetTypes()
            .Select(type => (type.DeclaringType ?? type).Name).Distinct()
            .OrderBy(name => Array.IndexOf(["StudioHost", "WorkspaceScopes", "OfflineServices"], name)));

    [Fact]
    public void Inference_KnowsNoHttp() =>
        Assert.Empty(Types.InAssembly(Room("Inference")).That().HaveDependencyOnAny("System.Net.Http", "Microsoft.AspNetCore").GetTypes());

    [Fact]
    public void Names_SayWhatAThingIs()
    {
        string[] empty = ["Helper", "Helpers", "Manager", "Managers", "Util", "Utils", "Utility", "Common"];
        var types = s_rooms.Append("Web").SelectMany(room => Room(room).GetTypes())
            .Where(type => type.Namespace?.StartsWith(House, StringComparison.Ordinal) is true && !type.Name.StartsWith('<'));
        Assert.Empty(types.Where(type =>
            empty.Any(word => type.Name.EndsWith(word, StringComparison.Ordinal)) || type.Namespace!.Split('.').Intersect(empty, StringComparer.Ordinal).Any())
            .Select(type => type.FullName));
    }

    private static Assembly Room(string name) => name == "Web" ? s_web : Assembly.Load($"{House}.{name}");

    private static string? RoomOf(AssemblyName reference) =>
        reference.Name!.StartsWith(House + ".", StringComparison.Ordinal) ? reference.Name[(House.Length + 1)..] : null;
}
