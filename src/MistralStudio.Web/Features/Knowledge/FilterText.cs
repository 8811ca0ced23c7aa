using MistralStudio.Core;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>A filter as a person writes it: <c>year &gt;= 2022, type = application/pdf, draft != true, author</c>.</summary>
public static class FilterText
{
    // Longer signs first: ">=" begins like ">".
    private static readonly (string Sign, FilterOperator Operator)[] s_signs =
        [(">=", FilterOperator.AtLeast), ("<=", FilterOperator.AtMost), ("!=", FilterOperator.IsNot), ("=", FilterOperator.Is)];

    /// <summary>Reads conditions divided by commas, all of which must hold; several values of one are divided by <c>|</c>, a name alone asks that the field is there.</summary>
    public static Result<SearchFilter> Read(string text)
    {
        List<FieldCondition> conditions = [];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (sign, comparison) = s_signs.FirstOrDefault(found => part.Contains(found.Sign, StringComparison.Ordinal));
            if (sign is null)
            {
                if (part.Any(char.IsWhiteSpace) || part.AsSpan().ContainsAny('<', '>'))
                {
                    return KnowledgePageErrors.FilterUnreadable(part);
                }

                conditions.Add(new FieldCondition(part, FilterOperator.Exists, []));
                continue;
            }

            var at = part.IndexOf(sign, StringComparison.Ordinal);
            var field = part[..at].Trim();
            var values = part[(at + sign.Length)..].Split('|', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (field.Length == 0 || values.Length == 0 || (values.Length > 1 && comparison is FilterOperator.AtLeast or FilterOperator.AtMost))
            {
                return KnowledgePageErrors.FilterUnreadable(part);
            }

            conditions.Add(new FieldCondition(field, comparison, [.. values.Select(MetadataValue.Parse)]));
        }

        return new SearchFilter([], conditions);
    }
}
