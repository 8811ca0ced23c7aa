using Microsoft.Extensions.Localization;
using MistralStudio.Web.Components;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>The figures of an ingestion in one line: <c>42 % · 120 passages/s · 21 s left</c>.</summary>
public static class IngestionFacts
{
    public static string Of(double share, double? passagesPerSecond, TimeSpan? left, IStringLocalizer<KnowledgeWords> words)
    {
        List<string> facts = [words["Docs.Share", Math.Floor(share * 100)]];
        if (passagesPerSecond is { } rate)
        {
            facts.Add(words["Docs.Rate", rate]);
        }

        if (left is { } time)
        {
            facts.Add(words["Docs.Left", Duration.Short(Math.Max(1, Math.Ceiling(time.TotalSeconds)) * 1000)]);
        }

        return string.Join(" · ", facts);
    }
}
