using System.Runtime.InteropServices;

namespace MistralStudio.Inference.Operators;

/// <summary>
/// The few functions of ONNX Runtime's C interface that an operator of our own needs and its managed package does not offer. The table of the
/// interface is append-only, so a function's place never changes (onnxruntime_c_api.h, <c>struct OrtApi</c>).
/// </summary>
internal static unsafe partial class OrtNative
{
    /// <summary>The oldest version of the interface that has all that is used here (1.17: <c>KernelContext_ParallelFor</c>).</summary>
    public const uint Version = 17;


    private static readonly nint* s_table = (nint*)((delegate* unmanaged<uint, nint>)OrtGetApiBase()[0])(Version);

    public static nint CreateStatus(string message)
    {
        var text = Marshal.StringToCoTaskMemUTF8(message);
        try
        {
            const int Fail = 1;
            return ((delegate* unmanaged<int, nint, nint>)s_table[(int)Function.CreateStatus])(Fail, text);
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    public static nint CreateDomain(nint name)
    {
        nint domain;
        Check(((delegate* unmanaged<nint, nint*, nint>)s_table[(int)Function.CreateCustomOpDomain])(name, &domain));
        return domain;
    }

    public static void AddOperator(nint domain, OrtCustomOp* op) => Check(((delegate* unmanaged<nint, OrtCustomOp*, nint>)s_table[(int)Function.CustomOpDomainAdd])(domain, op));

    public static void AddDomain(nint sessionOptions, nint domain) => Check(((delegate* unmanaged<nint, nint, nint>)s_table[(int)Function.AddCustomOpDomain])(sessionOptions, domain));

    public static void* Data(nint value)
    {
        void* data;
        Check(((delegate* unmanaged<nint, void**, nint>)s_table[(int)Function.GetTensorMutableData])(value, &data));
        return data;
    }

    /// <summary>The shape of a tensor, written to <paramref name="shape"/>; returns its rank.</summary>
    public static int Shape(nint value, Span<long> shape)
    {
        nint info;
        Check(((delegate* unmanaged<nint, nint*, nint>)s_table[(int)Function.GetTensorTypeAndShape])(value, &info));
        try
        {
            nuint rank;
            Check(((delegate* unmanaged<nint, nuint*, nint>)s_table[(int)Function.GetDimensionsCount])(info, &rank));
            fixed (long* dimensions = shape[..(int)rank])
            {
                Check(((delegate* unmanaged<nint, long*, nuint, nint>)s_table[(int)Function.GetDimensions])(info, dimensions, rank));
            }

            return (int)rank;
        }
        finally
        {
            ((delegate* unmanaged<nint, void>)s_table[(int)Function.ReleaseTensorTypeAndShapeInfo])(info);
        }
    }

    public static long IntegerAttribute(nint kernelInfo, ReadOnlySpan<byte> nullTerminatedName)
    {
        long value;
        fixed (byte* name = nullTerminatedName)
        {
            Check(((delegate* unmanaged<nint, byte*, long*, nint>)s_table[(int)Function.KernelInfoGetAttributeInt64])(kernelInfo, name, &value));
        }

        return value;
    }

    public static float RealAttribute(nint kernelInfo, ReadOnlySpan<byte> nullTerminatedName)
    {
        float value;
        fixed (byte* name = nullTerminatedName)
        {
            Check(((delegate* unmanaged<nint, byte*, float*, nint>)s_table[(int)Function.KernelInfoGetAttributeFloat])(kernelInfo, name, &value));
        }

        return value;
    }

    public static nint Input(nint context, int index)
    {
        nint value;
        Check(((delegate* unmanaged<nint, nuint, nint*, nint>)s_table[(int)Function.KernelContextGetInput])(context, (nuint)index, &value));
        return value;
    }

    public static nint Output(nint context, int index, ReadOnlySpan<long> shape)
    {
        nint value;
        fixed (long* dimensions = shape)
        {
            Check(((delegate* unmanaged<nint, nuint, long*, nuint, nint*, nint>)s_table[(int)Function.KernelContextGetOutput])(
                context, (nuint)index, dimensions, (nuint)shape.Length, &value));
        }

        return value;
    }

    /// <summary>Calls <paramref name="part"/> with every number below <paramref name="parts"/>, on the threads of the session.</summary>
    public static void ParallelFor(nint context, delegate* unmanaged<void*, nuint, void> part, int parts, void* state) =>
        Check(((delegate* unmanaged<nint, delegate* unmanaged<void*, nuint, void>, nuint, nuint, void*, nint>)s_table[(int)Function.KernelContextParallelFor])(
            context, part, (nuint)parts, (nuint)parts, state));

    private static void Check(nint status)
    {
        if (status != 0)
        {
            var message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)s_table[(int)Function.GetErrorMessage])(status));
            ((delegate* unmanaged<nint, void>)s_table[(int)Function.ReleaseStatus])(status);
            throw new InvalidOperationException(message);
        }
    }

    [LibraryImport("onnxruntime")]
    private static partial nint* OrtGetApiBase();

    /// <summary>Places in the table.</summary>
    private enum Function
    {
        CreateStatus = 0,
        GetErrorMessage = 2,
        CreateCustomOpDomain = 26,
        CustomOpDomainAdd = 27,
        AddCustomOpDomain = 28,
        GetTensorMutableData = 51,
        GetDimensionsCount = 61,
        GetDimensions = 62,
        GetTensorTypeAndShape = 65,
        KernelInfoGetAttributeFloat = 85,
        KernelInfoGetAttributeInt64 = 86,
        KernelContextGetInput = 90,
        KernelContextGetOutput = 91,
        ReleaseStatus = 93,
        ReleaseTensorTypeAndShapeInfo = 99,
        KernelContextParallelFor = 274,
    }
}
