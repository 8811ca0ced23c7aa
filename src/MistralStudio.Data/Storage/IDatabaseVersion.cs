namespace MistralStudio.Data.Storage;

/// <summary>Tells whether anything was committed to the database, by this process or another one, since an earlier look.</summary>
internal interface IDatabaseVersion
{
    /// <summary>The version now; null where it cannot be told, so that nothing remembered may be relied on.</summary>
    long? Read();
}

/// <summary>Of a server that others write to as well, nothing is told without asking it.</summary>
internal sealed class UntoldVersion : IDatabaseVersion
{
    public long? Read() => null;
}
