using System.Diagnostics;
using Xunit;

namespace MistralStudio.Tests.Shared;

/// <summary>
/// Tells work that ends from work that does not (a hang, a loop that grows with the square of its input) on any machine, however busy. How fast
/// it is, the benchmarks say.
/// </summary>
public static class Unhurried
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Fails where more than a minute has passed.</summary>
    /// <param name="since">A <see cref="Stopwatch"/>'s timestamp.</param>
    public static void Ended(long since) => Assert.True(Stopwatch.GetElapsedTime(since) < s_limit, $"It took {Stopwatch.GetElapsedTime(since)}.");
}
