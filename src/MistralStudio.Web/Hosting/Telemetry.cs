using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace MistralStudio.Web.Hosting;

/// <summary>
/// Traces and metrics of every room (sources and meters named <c>MistralStudio.*</c>, by OpenTelemetry's semantic conventions), for Prometheus
/// at <c>/metrics</c> and, where <see cref="StudioOptions.OtlpEndpoint"/> names a collector, by OTLP. No text of a conversation is in them.
/// </summary>
internal static class Telemetry
{
    private const string Rooms = "MistralStudio.*";

    public static void AddTelemetry(this IServiceCollection services, StudioOptions studio)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("mistralstudio", serviceVersion: typeof(Telemetry).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics
                .AddMeter(Rooms, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddPrometheusExporter());
        if (studio.OtlpEndpoint is { } collector)
        {
            telemetry
                .WithTracing(traces => traces.AddSource(Rooms).AddAspNetCoreInstrumentation(requests => requests.Filter = IsWork))
                .UseOtlpExporter(OtlpExportProtocol.Grpc, collector);
        }
    }

    /// <summary>
    /// On the management address: <c>/metrics</c>, <c>/healthz</c> and <c>/readyz</c> without a key, and nothing else. Comes before the check of
    /// names, since a scraper calls by address.
    /// </summary>
    public static void UseManagement(this WebApplication app, StudioOptions studio)
    {
        if (studio.ManagementUrl is not { } management)
        {
            return;
        }

        app.UseWhen(http => http.Connection.LocalPort == management.Port, branch =>
        {
            branch.UseOpenTelemetryPrometheusScrapingEndpoint("/metrics");
            branch.Run(http => http.Request.Path.Value switch
            {
                "/healthz" => http.Response.WriteAsync("ok", http.RequestAborted),
                "/readyz" => ReadyEndpoint.AnswerShortAsync(http),
                _ => NotHere(http),
            });
        });
    }

    private static Task NotHere(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    // Files of the pages and the long connections of open ones would drown everything else.
    private static bool IsWork(HttpContext http) =>
        http.Request.Path.StartsWithSegments("/v1") || http.Request.Path.StartsWithSegments("/api");
}
