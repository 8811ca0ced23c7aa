using MistralStudio.Core.Agents;

namespace MistralStudio.Web.Components;

/// <summary>A step of an answer in time.</summary>
/// <param name="Tone">Colour of its kind: <c>r</c> retrieval, <c>q</c> queue, <c>p</c> prefill, <c>d</c> decode, <c>t</c> the product's own work.</param>
/// <param name="Name">Its word, after <c>Ribbon.</c> in the resources.</param>
/// <param name="StartMs">From the question to its begin.</param>
/// <param name="Ms">How long it took.</param>
public readonly record struct WaterfallStep(string Tone, string Name, double StartMs, double Ms)
{
    // What is shorter than a person could see in a bar or care about is left out.
    private const double Shown = .5;

    /// <summary>The steps of a turn, each where the one before ends.</summary>
    public static IReadOnlyList<WaterfallStep> Of(TurnTimings timings)
    {
        var (template, tokens) = (timings.TemplateMs ?? 0, timings.TokenizeMs ?? 0);
        var steps = new List<WaterfallStep>();
        var at = 0.0;
        Add("r", "Retrieval", timings.RetrievalMs);
        Add("t", "Template", template);
        Add("t", "Tokenize", tokens);
        Add("q", "Queue", Math.Max(0, timings.QueueMs - template - tokens));
        Add("p", "Prefill", timings.PrefillMs);
        Add("d", "Decode", timings.DecodeMs);
        Add("t", "Tools", timings.ToolMs ?? 0);
        at = Math.Max(at, timings.TotalMs);
        Add("t", "Evidence", timings.EvidenceMs ?? 0);
        return steps;

        void Add(string tone, string name, double ms)
        {
            if (ms >= Shown)
            {
                steps.Add(new(tone, name, at, ms));
            }

            at += ms;
        }
    }
}
