namespace MistralStudio.Data.Startup;

/// <summary>A lock that ends with its process, also by kill -9: an open file that nobody else may open.</summary>
internal static class FileLock
{
    /// <summary>Takes the lock; null where another process has it. Disposing gives it back.</summary>
    public static FileStream? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            return null;
        }
    }

    // ERROR_SHARING_VIOLATION on Windows; EWOULDBLOCK of Linux and of macOS elsewhere.
    private static bool IsHeld(IOException exception) => OperatingSystem.IsWindows()
        ? exception.HResult == unchecked((int)0x80070020)
        : exception.HResult is 11 or 35;
}
