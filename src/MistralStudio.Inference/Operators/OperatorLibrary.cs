using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;
using MistralStudio.Inference.Onnx;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// Operators of our own for ONNX Runtime, written in C#: sessions that they are added to run graphs that use them, on the session's own threads.
/// </summary>
internal static unsafe class OperatorLibrary
{
    /// <summary>The domain of the operators in a graph.</summary>
    public const string Domain = "mistralstudio";

    private static readonly Lazy<nint> s_domain = new(Create);

    /// <summary>Whether this machine's processor has the instructions that the kernels are written for.</summary>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    /// <summary>Makes the operators known to the sessions that are made with these options.</summary>
    public static void AddTo(SessionOptions options) => OrtNative.AddDomain(options.DangerousGetHandle(), s_domain.Value);

    // Lives as long as the process: sessions keep pointers into it.
    private static nint Create()
    {
        var domain = OrtNative.CreateDomain(Marshal.StringToCoTaskMemUTF8(Domain));
        foreach (var definition in new[] { BlockMatMul.Definition, DenseMatMul.Definition, BlockGather.Definition, CachedAttention.Definition })
        {
            var op = (OrtCustomOp*)NativeMemory.AllocZeroed((nuint)sizeof(OrtCustomOp));
            op->Version = OrtNative.Version;
            op->GetName = &Name;
            op->GetExecutionProviderType = &CpuProvider;
            op->GetInputType = &InputType;
            op->GetInputTypeCount = &InputCount;
            op->GetOutputType = &OutputType;
            op->GetOutputTypeCount = &OutputCount;
            op->KernelDestroy = &Destroy;
            op->GetInputCharacteristic = &IsOptional;
            op->GetOutputCharacteristic = &Required;
            op->GetInputMemoryType = &DefaultMemory;
            op->GetVariadicInputMinArity = &Zero;
            op->GetVariadicInputHomogeneity = &Zero;
            op->GetVariadicOutputMinArity = &Zero;
            op->GetVariadicOutputHomogeneity = &Zero;
            op->CreateKernelV2 = &CreateKernel;
            op->KernelComputeV2 = &Compute;
            op->GetStartVersion = &FirstVersion;
            op->GetEndVersion = &LastVersion;
            op->Name = Marshal.StringToCoTaskMemUTF8(definition.Name);
            op->Definition = GCHandle.ToIntPtr(GCHandle.Alloc(definition));
            OrtNative.AddOperator(domain, op);
        }

        return domain;
    }

    [UnmanagedCallersOnly]
    private static nint Name(OrtCustomOp* op) => op->Name;

    [UnmanagedCallersOnly]
    private static nint CpuProvider(OrtCustomOp* op) => 0;

    [UnmanagedCallersOnly]
    private static int InputType(OrtCustomOp* op, nuint index) => (int)Definition(op).Inputs[(int)index];

    [UnmanagedCallersOnly]
    private static nuint InputCount(OrtCustomOp* op) => (nuint)Definition(op).Inputs.Length;

    [UnmanagedCallersOnly]
    private static int OutputType(OrtCustomOp* op, nuint index) => (int)ElementType.Float;

    [UnmanagedCallersOnly]
    private static nuint OutputCount(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly]
    private static int IsOptional(OrtCustomOp* op, nuint index) => (int)index >= Definition(op).Inputs.Length - Definition(op).Optional ? 1 : 0;

    [UnmanagedCallersOnly]
    private static int Required(OrtCustomOp* op, nuint index) => 0;

    [UnmanagedCallersOnly]
    private static int DefaultMemory(OrtCustomOp* op, nuint index) => 0;

    [UnmanagedCallersOnly]
    private static int Zero(OrtCustomOp* op) => 0;

    [UnmanagedCallersOnly]
    private static int FirstVersion(OrtCustomOp* op) => 1;

    [UnmanagedCallersOnly]
    private static int LastVersion(OrtCustomOp* op) => int.MaxValue;

    [UnmanagedCallersOnly]
    private static nint CreateKernel(OrtCustomOp* op, nint api, nint info, nint* kernel)
    {
        try
        {
            *kernel = GCHandle.ToIntPtr(GCHandle.Alloc(Definition(op).Create(new NodeAttributes(info))));
            return 0;
        }
        catch (Exception exception)
        {
            return OrtNative.CreateStatus(exception.Message);
        }
    }

    // An exception must not cross into native code: it comes back as the status, and from there as the session's exception.
    [UnmanagedCallersOnly]
    private static nint Compute(nint kernel, nint context)
    {
        try
        {
            ((IOperatorKernel)GCHandle.FromIntPtr(kernel).Target!).Compute(new OperatorContext(context));
            return 0;
        }
        catch (Exception exception)
        {
            return OrtNative.CreateStatus(exception.Message);
        }
    }

    [UnmanagedCallersOnly]
    private static void Destroy(nint kernel) => GCHandle.FromIntPtr(kernel).Free();

    private static OperatorDefinition Definition(OrtCustomOp* op) => (OperatorDefinition)GCHandle.FromIntPtr(op->Definition).Target!;
}
