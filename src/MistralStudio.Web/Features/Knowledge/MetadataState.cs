using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Core.Security;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>A field as it is typed.</summary>
public sealed class MetadataField(string name, MetadataValue? kept)
{
    /// <summary>Its name.</summary>
    public string Name { get; set; } = name;

    /// <summary>Its value as it is written.</summary>
    public string Text { get; set; } = kept?.Text ?? "";

    /// <summary>What the text is read as. A value that nobody touched stays what it was: a text may look like a date.</summary>
    public MetadataValue Value => kept is not null && kept.Text == Text ? kept : MetadataValue.Parse(Text);
}

/// <summary>What is known about a document beside its text, as a person changes it.</summary>
public sealed class MetadataState(IDocumentMetadata metadata, IKnowledgeStore store, Caller caller, KnowledgeDocument document)
{
    private KnowledgeDocument _document = document;

    /// <summary>The fields as they are typed.</summary>
    public List<MetadataField> Fields { get; } = FieldsOf(document);

    /// <summary>What went wrong last; null where nothing did.</summary>
    public Error? Error { get; private set; }

    /// <summary>True where the caller may change them.</summary>
    public bool MayWrite => caller.May(Permissions.KnowledgeWrite);

    /// <summary>True where something differs from what is kept.</summary>
    public bool IsChanged => !Written().OrderBy(item => item.Key, StringComparer.Ordinal)
        .SequenceEqual(_document.Metadata.OrderBy(item => item.Key, StringComparer.Ordinal));

    /// <summary>Adds an empty field.</summary>
    public void Add() => Fields.Add(new("", null));

    /// <summary>Takes a field away.</summary>
    public void Remove(MetadataField field) => Fields.Remove(field);

    /// <summary>Shows what is kept now, in place of what was typed.</summary>
    public async Task ReadAgainAsync(CancellationToken cancellationToken)
    {
        _document = await store.FindDocumentAsync(caller.Workspace, _document.Base, _document.Id, cancellationToken) ?? _document;
        Fields.Clear();
        Fields.AddRange(FieldsOf(_document));
        Error = null;
    }

    /// <summary>Keeps the fields; the document, or null where they were refused and <see cref="Error"/> says why.</summary>
    public async Task<KnowledgeDocument?> SaveAsync(CancellationToken cancellationToken)
    {
        Error = KnowledgePageErrors.Refuse(caller) ?? CheckNames();
        if (Error is not null)
        {
            return null;
        }

        var saved = await metadata.DescribeAsync(caller.Workspace, _document.Base, _document.Id, Written(), _document.MetadataVersion, cancellationToken);
        Error = saved.Error;
        return saved.IsSuccess ? _document = saved.Value : null;
    }

    private static List<MetadataField> FieldsOf(KnowledgeDocument document) =>
        [.. document.Metadata.OrderBy(field => field.Key, StringComparer.OrdinalIgnoreCase).Select(field => new MetadataField(field.Key, field.Value))];

    // A row that was left empty is none.
    private IEnumerable<MetadataField> Filled() => Fields.Where(field => field.Name.Trim().Length > 0 || field.Text.Trim().Length > 0);

    private Error? CheckNames()
    {
        var names = Filled().Select(field => field.Name.Trim()).ToList();
        return names.Exists(name => name.Length == 0) ? KnowledgePageErrors.FieldUnnamed()
            : names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice ? KnowledgePageErrors.FieldTwice(twice.Key)
            : null;
    }

    private Dictionary<string, MetadataValue> Written()
    {
        var written = new Dictionary<string, MetadataValue>(StringComparer.Ordinal);
        foreach (var field in Filled())
        {
            written[field.Name.Trim()] = field.Value;
        }

        return written;
    }
}
