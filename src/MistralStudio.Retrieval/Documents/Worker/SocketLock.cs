using System.Runtime.InteropServices;

namespace MistralStudio.Retrieval.Documents.Worker;

/// <summary>
/// Takes the network from this process and every one that it starts (Linux on x86-64 and arm64): a seccomp filter refuses <c>socket</c> for
/// everything but <c>AF_UNIX</c>, on all threads, for good. See seccomp(2) and bpf in linux/filter.h. Elsewhere, and where the kernel does not
/// have it, nothing changes: no parser asks for the network.
/// </summary>
internal static unsafe partial class SocketLock
{
    private const int NoNewPrivileges = 38;
    private const int FilterMode = 1;
    private const int AllThreads = 1;
    private const uint Allow = 0x7FFF0000;
    private const uint RefuseWithPermission = 0x00050000 | 13; // errno EACCES
    private const ushort Load = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private const ushort JumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private const ushort Return = 0x06; // BPF_RET | BPF_K

    /// <summary>Closes it; returns whether it is closed now.</summary>
    public static bool Close()
    {
        var (seccomp, socket) = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => (317, 41u),
            Architecture.Arm64 => (277, 198u),
            _ => (0, 0u),
        };
        if (!OperatingSystem.IsLinux() || seccomp == 0 || prctl(NoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            return false;
        }

        // struct seccomp_data: the number of the call at 0, its first argument (the address family) at 16.
        var filter = stackalloc Instruction[]
        {
            new(Load, 0, 0, 0),
            new(JumpIfEqual, 0, 3, socket),
            new(Load, 0, 0, 16),
            new(JumpIfEqual, 1, 0, 1),
            new(Return, 0, 0, RefuseWithPermission),
            new(Return, 0, 0, Allow),
        };
        var program = new Program { Length = 6, Instructions = filter };
        return syscall(seccomp, FilterMode, AllThreads, &program) == 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nuint a, nuint b, Program* c);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, byte whenTrue, byte whenFalse, uint value)
    {
        public readonly ushort Code = code;
        public readonly byte WhenTrue = whenTrue;
        public readonly byte WhenFalse = whenFalse;
        public readonly uint Value = value;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;
        public Instruction* Instructions;
    }
}
