using MistralStudio.Core.Knowledge;

namespace MistralStudio.Web.Tests.Playground;

/// <summary>Counts how often an erasure was asked for.</summary>
internal sealed class RecordingErasure : IConversationFileErasure
{
    public int Begun { get; private set; }

    public void Begin() => Begun++;
}
