using MistralStudio.Core;
using MistralStudio.Core.Knowledge;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.WorkspaceApi;

/// <summary>A page of a list; <c>after</c> is null at the end.</summary>
internal sealed record WirePage<T>(IReadOnlyList<T> Items, string? After)
{
    /// <summary>Translates a page.</summary>
    public static WirePage<T> From<TSource>(Listing<TSource> listing, Func<TSource, T> translate) =>
        new([.. listing.Items.Select(translate)], listing.After);
}

/// <summary>How many items a page may have.</summary>
internal static class PageSize
{
    private const int Most = 200;

    /// <summary>A size within bounds; null means the default.</summary>
    public static Result<int> Read(int? limit, int usual = 50, int most = Most, string field = "limit") =>
        limit is { } asked && (asked < 1 || asked > most) ? PageErrors.OutOfRange(field, asked, most) : limit ?? usual;

    /// <summary>Answers with a page of a list, or says why it cannot have the size that was asked for.</summary>
    /// <param name="read">Reads a page of a size; null where there is nothing that the list is of.</param>
    /// <param name="missing">Says that there is nothing that the list is of.</param>
    public static async Task<IResult> AnswerAsync<TSource, T>(int? limit, Func<int, Task<Listing<TSource>?>> read, Func<TSource, T> translate, Func<Error>? missing = null)
    {
        var size = Read(limit);
        if (!size.IsSuccess)
        {
            return ErrorResults.From(size.Error);
        }

        return await read(size.Value) is { } page ? TypedResults.Ok(WirePage<T>.From(page, translate)) : ErrorResults.From(missing!());
    }
}

/// <summary>Expected failures of lists.</summary>
internal static class PageErrors
{
    public static Error OutOfRange(string field, int value, int most) => new(
        "request.out_of_range", $"{field} is {value}; it may be 1 to {most}.", $"Send {field} from 1 to {most}, or leave it out.");
}
