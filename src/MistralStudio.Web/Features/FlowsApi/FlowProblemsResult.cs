using MistralStudio.Core;
using MistralStudio.Flows.Compilation;
using MistralStudio.Web.Security;

namespace MistralStudio.Web.Features.FlowsApi;

/// <summary>422 with every problem that a definition has, as problem details.</summary>
internal sealed class FlowProblemsResult(IReadOnlyList<FlowProblem> problems) : IResult
{
    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var error = FlowApiErrors.DoesNotCompile(problems.Count);
        httpContext.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        var body = new Body("https://tools.ietf.org/html/rfc9110#section-15", error.Message, 422, error.Message, error.Code, error.Next, ErrorResults.TraceOf(httpContext), problems);
        return httpContext.Response.WriteAsJsonAsync(body, options: null, "application/problem+json", httpContext.RequestAborted);
    }

    private sealed record Body(string Type, string Title, int Status, string Detail, string Code, string Next, string TraceId, IReadOnlyList<FlowProblem> Problems);
}

/// <summary>Expected failures of the addresses of flows and runs.</summary>
internal static class FlowApiErrors
{
    public static Error DoesNotCompile(int problems) => new(
        "flow.does_not_compile",
        problems == 1 ? "This flow has a problem and was not published." : $"This flow has {problems} problems and was not published.",
        "Mend what \"problems\" names, then publish again.");

    public static Error BadVersion(string name) => new(
        "flow.bad_version", $"\"{name}\" names no version of a flow.", "Send the number of a published version, or \"draft\".");

    public static Error NotYours(string who) => new(
        "run.not_yours_to_decide", $"This is for others to decide: {who}.", "Ask one of them; they find it under Runs.");

    public static Error BadBookmark() => new(
        "run.bad_bookmark", "The request names no bookmark and decision that can be read.", "Send one of \"waitingFor\" of the run, with one of its decisions.");

    public static Error ValueNotFound() => new("run.value_not_found", "This run has no such value.", "Read the run again; large values name their address.");
}
