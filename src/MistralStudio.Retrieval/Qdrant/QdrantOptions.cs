using System.ComponentModel.DataAnnotations;

namespace MistralStudio.Retrieval.Qdrant;

/// <summary>The Qdrant server that the administrator runs, section <c>Qdrant</c>. Nothing that a user, a document or a model says changes where it is.</summary>
public sealed class QdrantOptions
{
    /// <summary>The section that they are bound from.</summary>
    public const string Section = "Qdrant";

    /// <summary>Where its REST interface is (<c>http://localhost:6333</c>); empty: there is none.</summary>
    public string Url { get; set; } = "";

    /// <summary>The key that it asks for; empty: none.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>What the names of our collections begin with; two studios on one server need two.</summary>
    [RegularExpression("[a-z0-9-]{1,40}")]
    public string Prefix { get; set; } = "studio";

    /// <summary>Shards of a new collection. Rarity of words is counted within each, so one ranks best.</summary>
    [Range(1, 64)]
    public int Shards { get; set; } = 1;

    /// <summary>Copies of each shard of a new collection, on a cluster.</summary>
    [Range(1, 8)]
    public int Replicas { get; set; } = 1;

    /// <summary>Passages that are written by one request.</summary>
    [Range(1, 2_000)]
    public int Batch { get; set; } = 256;

    /// <summary>Longest time that a request may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The operator's word on whether the server is this machine's own, or in the same private network, so that knowledge bases that stay on this
    /// machine may be kept in it. Null: one at a loopback address is, any other is not.
    /// </summary>
    public bool? OnThisMachine { get; set; }

    /// <summary>Whether what is in it counts as being on this machine.</summary>
    public bool CountsAsThisMachine => OnThisMachine ?? (Uri.TryCreate(Url, UriKind.Absolute, out var address) && address.IsLoopback);

    /// <summary>Whether it is the only store, because several processes serve the knowledge; no setting of the section.</summary>
    public bool IsOnlyStore { get; set; }

    /// <summary>Whether a server is set up.</summary>
    public bool IsSet => Url.Length > 0;
}
