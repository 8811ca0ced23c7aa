using System.Globalization;
using MistralStudio.Core;
using MistralStudio.Core.Conversations;
using MistralStudio.Core.Ids;
using MistralStudio.Core.Images;
using MistralStudio.Web.Features.Playground.Drafts;

namespace MistralStudio.Web.Features.Playground.Images;

/// <summary>The images of a message that is being written: what arrived, what is on its way, and why one was refused.</summary>
public sealed class ImageTray(IReadOnlyList<MessageImage>? taken = null)
{
    private const string DraftPrefix = "draft/";

    private readonly Lock _lock = new();
    private readonly List<MessageImage> _taken = [.. taken ?? []];
    private readonly List<string> _coming = [];

    /// <summary>Raised when something of it changed; from any thread.</summary>
    public event Action? Changed;

    /// <summary>The images, in the order in which they came.</summary>
    public IReadOnlyList<MessageImage> Taken
    {
        get
        {
            lock (_lock)
            {
                return [.. _taken];
            }
        }
    }

    /// <summary>Names of those on their way.</summary>
    public IReadOnlyList<string> Coming
    {
        get
        {
            lock (_lock)
            {
                return [.. _coming];
            }
        }
    }

    /// <summary>Why the last one was refused; null where it was not.</summary>
    public Error? Error { get; private set; }

    /// <summary>Makes room for one that is on its way; false where there is none.</summary>
    public bool Begin(string name)
    {
        lock (_lock)
        {
            if (_taken.Count + _coming.Count >= ImageRules.MostInMessage)
            {
                Error = ImageErrors.TooMany();
            }
            else
            {
                _coming.Add(name);
                Error = null;
            }
        }

        Changed?.Invoke();
        return Error is null;
    }

    /// <summary>One arrived, or was refused; the same one twice is shown once.</summary>
    public void End(string name, Result<MessageImage> image)
    {
        lock (_lock)
        {
            _coming.Remove(name);
            if (image.IsSuccess && !_taken.Exists(known => known.Sha256 == image.Value.Sha256))
            {
                _taken.Add(image.Value);
            }

            Error = image.Error;
        }

        Changed?.Invoke();
    }

    /// <summary>One is not sent at all.</summary>
    public void Refuse(Error error)
    {
        Error = error;
        Changed?.Invoke();
    }

    /// <summary>Takes one out again.</summary>
    public void Remove(MessageImage image)
    {
        lock (_lock)
        {
            _taken.RemoveAll(known => known.Sha256 == image.Sha256);
            Error = null;
        }

        Changed?.Invoke();
    }

    /// <summary>The message was sent, or another conversation is shown.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _taken.Clear();
            _coming.Clear();
            Error = null;
        }

        Changed?.Invoke();
    }

    /// <summary>How the page names a message of the draft to whoever takes images for it.</summary>
    public static string PlaceOf(DraftMessage message) => string.Create(CultureInfo.InvariantCulture, $"{DraftPrefix}{message.Key}");

    /// <summary>The key of a message of the draft that the page named; null for what is none.</summary>
    public static int? KeyOf(string place) =>
        place.StartsWith(DraftPrefix, StringComparison.Ordinal) && int.TryParse(place.AsSpan(DraftPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var key) ? key : null;

    /// <summary>Where the bytes of an image are served.</summary>
    /// <param name="workspace">The workspace's part of the address.</param>
    /// <param name="lead">The conversation; of those side by side the first.</param>
    public static string Address(string workspace, ConversationId lead, MessageImage image) => $"/w/{workspace}/conversations/{lead}/images/{image.Sha256}";
}
