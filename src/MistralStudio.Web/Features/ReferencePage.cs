using MistralStudio.Web.Security;
using Scalar.AspNetCore;

namespace MistralStudio.Web.Features;

/// <summary>The readable reference of the API at <c>/docs</c>. All that it loads comes from here: no font, agent or telemetry of its maker.</summary>
internal static class ReferencePage
{
    /// <summary>Maps the page.</summary>
    public static void MapReferencePage(this IEndpointRouteBuilder app) =>
        app.MapScalarApiReference("/docs", (reference, http) => reference
                .WithTitle("MistralStudio API")
                .WithNonce(http.GetCspNonce())
                .AddHeadContent(KeepToPolicy(http.GetCspNonce()))
                .HideDeveloperTools()
                .DisableDefaultFonts()
                .DisableAgent()
                .DisableTelemetry())
            .AllowAnonymous();

    private static ScalarOptions HideDeveloperTools(this ScalarOptions reference)
    {
        reference.ShowDeveloperTools = DeveloperToolsVisibility.Never;
        return reference;
    }

    // The page makes its styles at run time: the main one takes the nonce of this meta element, the others know of none. Its validator would try
    // whether it may make code of text, and says to the console that it may not; told so, it does not try. The policy stays as it is.
    private static string KeepToPolicy(string nonce) => $$"""
        <meta property="csp-nonce" content="{{nonce}}">
        <script nonce="{{nonce}}">
            globalThis.__zod_globalConfig = { jitless: true };
            const create = document.createElement.bind(document);
            document.createElement = (name, options) => {
                const element = create(name, options);
                if (name === 'style') element.nonce = '{{nonce}}';
                return element;
            };
        </script>
        """;
}
