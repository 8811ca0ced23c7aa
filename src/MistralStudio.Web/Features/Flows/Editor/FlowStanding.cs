namespace MistralStudio.Web.Features.Flows.Editor;

/// <summary>What there is to say of a flow while it is made: the one answer that toolbar, panel and source give.</summary>
public enum FlowStanding
{
    /// <summary>Nothing is in it yet.</summary>
    Empty,

    /// <summary>It does not compile.</summary>
    Broken,

    /// <summary>It compiles, and what its steps read is not there.</summary>
    Lacking,

    /// <summary>It can run.</summary>
    Sound,
}
