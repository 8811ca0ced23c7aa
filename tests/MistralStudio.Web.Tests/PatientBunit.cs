using System.Runtime.CompilerServices;
using Bunit;

namespace MistralStudio.Web.Tests;

/// <summary>A component is waited for as long as a busy machine may need; bUnit gives it one second.</summary>
internal static class PatientBunit
{
    [ModuleInitializer]
    internal static void Begin() => BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(60);
}
