using System.Globalization;
using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Features.Knowledge;

/// <summary>Runs of the quality meter as lines of a chart, in units of its drawing.</summary>
public sealed class QualityChart
{
    /// <summary>Size of the drawing.</summary>
    public const double Width = 720, Height = 220;

    /// <summary>Where the lines are in it; beside them are the scales.</summary>
    public const double Left = 36, Right = 616, Top = 12, Bottom = 184;

    // Fewer than this are looked at beside each other anyway; more are hard to read.
    private const int MostLabels = 6;

    private const double LeastGap = 14;

    private readonly IReadOnlyList<QualityRun> _runs;
    private readonly DateTimeOffset _from;
    private readonly TimeSpan _span;

    public QualityChart(IReadOnlyList<QualityRun> runs)
    {
        _runs = runs;
        _from = runs[0].At;
        _span = runs[^1].At - _from;
        var least = runs.Min(run => Math.Min(run.Mean.Recall, run.Mean.Ndcg));
        // Down to the tenth below the worst, and never a flat scale.
        Least = Math.Clamp(Math.Floor((least - 0.05) * 10) / 10, 0, 0.8);
    }

    /// <summary>The figure at the bottom; 1 is at the top.</summary>
    public double Least { get; }

    /// <summary>The figures of the scale, from the bottom, with their places.</summary>
    public IEnumerable<(double Figure, double Y)> Scale
    {
        get
        {
            var step = Least >= 0.6 ? 0.1 : 0.2;
            for (var figure = 1.0; figure >= Least - 1e-9; figure -= step)
            {
                yield return (figure, Y(figure));
            }
        }
    }

    /// <summary>Days that are written below, each once, with their places.</summary>
    public IEnumerable<(DateTimeOffset At, double X)> Days
    {
        get
        {
            var apart = (Right - Left) / MostLabels;
            var (last, day) = (double.NegativeInfinity, default(DateTime));
            foreach (var run in _runs)
            {
                if (X(run) >= last + apart && run.At.Date != day)
                {
                    (last, day) = (X(run), run.At.Date);
                    yield return (run.At, last);
                }
            }
        }
    }

    /// <summary>Places where the settings are others than those of the run before.</summary>
    public IEnumerable<double> Changes => _runs.Zip(_runs.Skip(1)).Where(pair => pair.First.Settings != pair.Second.Settings).Select(pair => X(pair.Second));

    /// <summary>The points of a line, as a drawing has them.</summary>
    public string Line(Func<RankingQuality, double> figure) =>
        string.Join(' ', _runs.Select(run => string.Create(CultureInfo.InvariantCulture, $"{X(run):0.#},{Y(figure(run.Mean)):0.#}")));

    /// <summary>Where a run's point of a line is.</summary>
    public (double X, double Y) Point(QualityRun run, Func<RankingQuality, double> figure) => (X(run), Y(figure(run.Mean)));

    /// <summary>Where the names of the two lines stand beside their ends, apart from each other.</summary>
    public (double Recall, double Ndcg) Names
    {
        get
        {
            var (recall, ndcg) = (Y(_runs[^1].Mean.Recall), Y(_runs[^1].Mean.Ndcg));
            var missing = LeastGap - Math.Abs(recall - ndcg);
            return missing <= 0 ? (recall, ndcg) : recall <= ndcg ? (recall - (missing / 2), ndcg + (missing / 2)) : (recall + (missing / 2), ndcg - (missing / 2));
        }
    }

    private double X(QualityRun run) => _span == TimeSpan.Zero ? Right : Left + ((Right - Left) * ((run.At - _from) / _span));

    private double Y(double figure) => Bottom - ((Bottom - Top) * ((figure - Least) / (1 - Least)));
}
