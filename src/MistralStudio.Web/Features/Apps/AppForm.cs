using MistralStudio.Core.Apps;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Models;
using MistralStudio.Web.Features.Chat;

namespace MistralStudio.Web.Features.Apps;

/// <summary>The fields of the builder.</summary>
public sealed class AppForm
{
    private GenerationSettings _settings = GenerationSettings.Default;

    public string Name { get; set; } = "";

    public string Model { get; set; } = ModelReference.Default.ToString();

    public string Instructions { get; set; } = "";

    public string Welcome { get; set; } = "";

    /// <summary>Chosen knowledge bases, in the order of choosing.</summary>
    public List<KnowledgeBaseId> Knowledge { get; } = [];

    public static AppForm Of(App app)
    {
        var form = Of(app.Draft);
        form.Name = app.Name;
        return form;
    }

    public static AppForm Of(AppDefinition definition)
    {
        var form = new AppForm
        {
            Model = definition.Model,
            Instructions = definition.Instructions,
            Welcome = definition.Welcome,
            _settings = definition.Settings,
        };
        form.Knowledge.AddRange(definition.Knowledge);
        return form;
    }

    /// <summary>What an answer of this app is made with.</summary>
    public ChatSetup ToSetup() => new(Model, Instructions.Trim(), _settings, [.. Knowledge]);

    public AppDefinition ToDefinition() => new(Model, Instructions.Trim(), new Sequence(Knowledge), Welcome.Trim(), _settings);

    /// <summary>A list that equals another with the same elements, so that two definitions can be compared.</summary>
    private sealed class Sequence(IEnumerable<KnowledgeBaseId> ids) : List<KnowledgeBaseId>(ids)
    {
        public override bool Equals(object? obj) => obj is IReadOnlyList<KnowledgeBaseId> other && this.SequenceEqual(other);

        public override int GetHashCode() => Count;
    }
}
