using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Retrieval.Index;

/// <summary>A filter as a question to the index file. Fields and values are parameters, never text of the statement.</summary>
internal static class FilterSql
{
    /// <summary>The rows of bases that a filter lets through.</summary>
    public static RowSet Rows(SqliteConnection connection, IReadOnlyList<KnowledgeBaseId> bases, SearchFilter filter)
    {
        using var select = connection.CreateCommand();
        var searched = string.Join(", ", bases.Select(parent => Parameter(select, EmbeddedIndex.Bytes(parent.Value))));
        var sql = new StringBuilder($"SELECT row FROM passages INDEXED BY passages_base WHERE base IN ({searched})");
        if (filter.Documents.Count > 0)
        {
            sql.Append(" AND document IN (")
                .AppendJoin(", ", filter.Documents.Select(document => Parameter(select, EmbeddedIndex.Bytes(document.Value)))).Append(')');
        }

        foreach (var condition in filter.Conditions)
        {
            sql.Append(" AND ").Append(condition.Field == "page" ? OfPassage(select, condition) : OfDocument(select, searched, condition));
        }

        select.CommandText = sql.Append(';').ToString();
        var rows = new List<long>();
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            rows.Add(reader.GetInt64(0));
        }

        return new(rows);
    }

    private static string OfDocument(SqliteCommand select, string bases, FieldCondition condition)
    {
        var field = Parameter(select, condition.Field);
        var value = condition.Operator == FilterOperator.Exists
            ? ""
            : $" AND ({string.Join(" OR ", condition.Values.Select(item => $"(type = {(int)item.Type} AND {Compare(select, condition.Operator, item)})"))})";
        var not = condition.Operator == FilterOperator.IsNot ? "NOT " : "";
        return $"document {not}IN (SELECT document FROM facts WHERE base IN ({bases}) AND field = {field}{value})";
    }

    private static string OfPassage(SqliteCommand select, FieldCondition condition)
    {
        var values = condition.Values.Where(value => value.Type == MetadataType.Number).Select(value => Parameter(select, value.Number)).ToList();
        return condition.Operator switch
        {
            FilterOperator.Exists => "page IS NOT NULL",
            FilterOperator.IsNot => $"(page IS NULL OR page NOT IN ({string.Join(", ", values)}))",
            _ when values.Count == 0 => "0",
            FilterOperator.AtLeast => $"page >= {values[0]}",
            FilterOperator.AtMost => $"page <= {values[0]}",
            _ => $"page IN ({string.Join(", ", values)})",
        };
    }

    private static string Compare(SqliteCommand select, FilterOperator comparison, MetadataValue value) => comparison switch
    {
        FilterOperator.AtLeast => $"number >= {Parameter(select, value.Number)}",
        FilterOperator.AtMost => $"number <= {Parameter(select, value.Number)}",
        _ when value.Type == MetadataType.Text => $"text = {Parameter(select, value.Text.ToLowerInvariant())}",
        _ => $"number = {Parameter(select, value.Number)}",
    };

    private static string Parameter(SqliteCommand select, object value)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"$p{select.Parameters.Count}");
        select.Parameters.AddWithValue(name, value);
        return name;
    }
}
