using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using MistralStudio.Core.Flows;
using MistralStudio.Core.Ids;

namespace MistralStudio.Flows.Runs;

/// <summary>Whether and how soon a node that failed is tried again.</summary>
internal static class RetryTiming
{
    public static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan MostDelay = TimeSpan.FromMinutes(5);

    /// <summary>The pause before the next try; null where there is none.</summary>
    /// <param name="failures">Tries that failed, this one included.</param>
    /// <param name="isTransient">Whether the same may go well a little later.</param>
    /// <param name="asked">The least that the other side asks for.</param>
    /// <param name="chance">From 0 to 1: where between half of the pause and the whole.</param>
    public static TimeSpan? Decide(RetryPolicy? policy, int failures, bool isTransient, TimeSpan? asked, double chance)
    {
        if (policy is null || !isTransient || failures >= policy.Attempts)
        {
            return null;
        }

        var most = policy.MostDelay ?? MostDelay;
        var doubled = (policy.Delay ?? FirstDelay) * Math.Pow(2, Math.Min(failures - 1, 30));
        var whole = doubled < most ? doubled : most;
        var pause = whole * (.5 + (.5 * chance));
        return asked > pause ? asked : pause;
    }

    /// <summary>A number from 0 to 1 that is the same for the same try of the same node, and spread over many of them.</summary>
    public static double Chance(RunId run, string path, int failures) =>
        BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{run}/{path}#{failures}"))) / (double)uint.MaxValue;
}
