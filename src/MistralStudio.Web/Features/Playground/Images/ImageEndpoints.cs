using System.Net.Mime;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Core.Prompts;
using MistralStudio.Core.Security;
using MistralStudio.Web.Features.KnowledgeApi;
using MistralStudio.Web.Features.WorkspaceApi;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.Playground.Images;

/// <summary>Takes the images of a conversation, and serves them and those of prompts to who may read them.</summary>
internal static class ImageEndpoints
{
    /// <summary>Maps them.</summary>
    public static void MapImages(this IEndpointRouteBuilder app)
    {
        app.MapGroup("/api/conversations").WithTags("Conversations").GuardCookies()
            .MapPost("/{conversation:guid}/images", AddAsync).RequirePermission(Permissions.ModelsUse)
            .Accepts<byte[]>("*/*")
            .WithSummary("Keeps an image, the body, for a message of a conversation of yours. What it is is told by its bytes: PNG, JPEG, WebP or GIF.")
            .Produces<WireImage>(201).ProducesProblems(404, 413, 422, 507);
        // An element of a page asks for it: the workspace is in the address, since such a request has no header of ours.
        app.MapGet("/w/{Workspace}/conversations/{conversation:guid}/images/{sha256}", ReadAsync).RequirePermission(Permissions.PromptsRead).ExcludeFromDescription();
        app.MapGet("/w/{Workspace}/prompts/{prompt:guid}/images/{sha256}", ReadOfPromptAsync).RequirePermission(Permissions.PromptsRead).ExcludeFromDescription();
        app.MapGroup("/api/prompts").WithTags("Prompts").GuardCookies()
            .MapGet("/{prompt:guid}/images/{sha256}", ReadOfPromptAsync).RequirePermission(Permissions.PromptsRead)
            .WithSummary("The bytes of an image that a version of the prompt has.").Produces<byte[]>(200, "image/png", "image/jpeg", "image/webp", "image/gif").ProducesProblems(404);
    }

    private static async Task<IResult> AddAsync(ConversationId conversation, HttpContext http, [FromQuery] string? name, [FromServices] IConversationImages images)
    {
        var (workspace, user, _) = http.GetCaller();
        if (user is not { } owner)
        {
            return ErrorResults.From(KnowledgeApiErrors.ConversationNotFound());
        }

        name = string.IsNullOrWhiteSpace(name) ? "image" : name;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = ImageRules.MostBytes + 1;
        }

        var bytes = http.Request.ContentLength > ImageRules.MostBytes ? null : await ReadBodyAsync(http);
        if (bytes is null)
        {
            return ErrorResults.From(ImageErrors.TooLarge(name));
        }

        var added = await images.AddAsync(workspace, owner, conversation, bytes, name, http.RequestAborted);
        return added.Match<IResult>(
            image => TypedResults.Created((string?)null, new WireImage(image.Sha256, image.MediaType, image.Width, image.Height, image.Bytes)),
            error => ErrorResults.From(error == ImageErrors.Gone() ? KnowledgeApiErrors.ConversationNotFound() : error));
    }

    private static async Task<IResult> ReadAsync(ConversationId conversation, string sha256, HttpContext http, [FromServices] IConversationImages images)
    {
        var (workspace, user, _) = http.GetCaller();
        return user is { } reader && await images.OpenAsync(workspace, reader, conversation, sha256, http.RequestAborted) is { } content
            ? await ShowAsync(http, content, sha256)
            : TypedResults.NotFound();
    }

    private static async Task<IResult> ReadOfPromptAsync(PromptId prompt, string sha256, HttpContext http, [FromServices] IPromptImages images) =>
        await images.OpenAsync(http.GetCaller().Workspace, prompt, sha256, http.RequestAborted) is { } content
            ? await ShowAsync(http, content, sha256)
            : ErrorResults.From(PromptStoreErrors.NotFound());

    private static async Task<IResult> ShowAsync(HttpContext http, Stream content, string sha256)
    {
        var head = new byte[64 * 1024];
        var read = await content.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, http.RequestAborted);
        content.Position = 0;
        // Foreign bytes, opened by themselves: nothing in them runs, and they are kept rather than shown. An element that shows them does not mind.
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        // Asked for again each time, so that who may no longer read it sees it no longer; what did not change is not sent again.
        http.Response.Headers.CacheControl = "private, no-cache";
        http.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        var type = ImageShape.Read(head.AsSpan(0, read))?.MediaType ?? MediaTypeNames.Application.Octet;
        return TypedResults.Stream(content, type, $"{sha256[..12]}.{type[(type.IndexOf('/', StringComparison.Ordinal) + 1)..]}", entityTag: new EntityTagHeaderValue($"\"{sha256}\""));
    }

    // Null where there is more of it than an image may have, whatever its length said.
    private static async Task<byte[]?> ReadBodyAsync(HttpContext http)
    {
        try
        {
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body, http.RequestAborted);
            return body.Length > ImageRules.MostBytes ? null : body.ToArray();
        }
        catch (BadHttpRequestException failure) when (failure.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return null;
        }
    }
}

/// <summary>An image that was kept.</summary>
internal sealed record WireImage(string Sha256, string MediaType, int Width, int Height, long Bytes);
