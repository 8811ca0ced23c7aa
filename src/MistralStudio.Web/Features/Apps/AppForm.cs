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

    /// <summary>What the variables of its prompt are where a reader says nothing else, by name.</summary>
    public SortedDictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

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
        foreach (var (name, value) in definition.Values ?? new Dictionary<string, string>())
        {
            form.Values[name] = value;
        }

        return form;
    }

    /// <summary>What an answer of this app is made with.</summary>
    public ChatSetup ToSetup() => new(Model, Instructions.Trim(), _settings, [.. Knowledge]);

    public AppDefinition ToDefinition() => new(Model, Instructions.Trim(), new Sequence(Knowledge), Welcome.Trim(), _settings) { Values = Values.Count == 0 ? null : new Filled(Values) };

    /// <summary>Takes what is filled in for a variable; empty: nothing is.</summary>
    public void Fill(string name, string value)
    {
        if (value.Length == 0)
        {
            Values.Remove(name);
        }
        else
        {
            Values[name] = value;
        }
    }

    /// <summary>A list that equals another with the same elements, so that two definitions can be compared.</summary>
    private sealed class Sequence(IEnumerable<KnowledgeBaseId> ids) : List<KnowledgeBaseId>(ids)
    {
        public override bool Equals(object? obj) => obj is IReadOnlyList<KnowledgeBaseId> other && this.SequenceEqual(other);

        public override int GetHashCode() => Count;
    }

    /// <summary>Values that equal others with the same names, in one order of names.</summary>
    private sealed class Filled(IDictionary<string, string> values) : SortedDictionary<string, string>(values, StringComparer.Ordinal)
    {
        public override bool Equals(object? obj) => obj is IReadOnlyDictionary<string, string> other && Count == other.Count && this.All(one => other.TryGetValue(one.Key, out var value) && value == one.Value);

        public override int GetHashCode() => Count;
    }
}
