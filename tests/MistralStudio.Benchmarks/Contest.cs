namespace MistralStudio.Benchmarks;

/// <summary>One file in both engines.</summary>
internal sealed record Contest(string Name, string Path)
{
    public Speeds Ours { get; } = [];

    public Speeds Theirs { get; } = [];

    public double LoadMs { get; set; } = double.MaxValue;
}

/// <summary>The best speed of each measurement, in the order of the first round.</summary>
internal sealed class Speeds : List<(string Name, double? Speed)>
{
    public double? this[string name] => Find(entry => entry.Name == name).Speed;

    public void Best(string name, double speed)
    {
        var known = FindIndex(entry => entry.Name == name);
        if (known < 0)
        {
            Add((name, speed));
        }
        else
        {
            this[known] = (name, Math.Max(speed, this[known].Speed ?? 0));
        }
    }
}
