using Microsoft.Extensions.Localization;
using MistralStudio.Core;
using MistralStudio.Core.Models;
using MistralStudio.Web.Components;

namespace MistralStudio.Web.Features.Models;

/// <summary>An import's figures in one line: <c>1.6 GB of 2.6 GB · 48 MB/s · 21 s left</c>.</summary>
public static class ImportFacts
{
    public static string Of(ModelImport import, IStringLocalizer<ModelWords> words)
    {
        if (!import.IsRunning)
        {
            return words[$"Import.{import.State}"];
        }

        List<string> facts = [import.TotalBytes is { } total ? words["MemoryOf", Size.Format(import.Bytes), Size.Format(total)] : Size.Format(import.Bytes)];
        if (import.BytesPerSecond is { } rate)
        {
            facts.Add(words["Import.Rate", Size.Format((long)rate)]);
        }

        if (import.Left is { } left)
        {
            facts.Add(words["Import.Left", Duration.Short(Math.Max(1, Math.Ceiling(left.TotalSeconds)) * 1000)]);
        }

        return string.Join(" · ", facts);
    }
}
