namespace MistralStudio.Inference.Decoders;

/// <summary>What was bound for steps that come again: the place of their conversations, rows, tokens each and rows of logits.</summary>
internal sealed class BindingCache
{
    private const int Most = 64;

    private readonly Dictionary<(int Place, int Rows, int Tokens, int Logits), StepBinding> _bindings = [];

    /// <summary>The binding of a step; null where none is kept.</summary>
    /// <param name="place">Tells apart steps of the same shape over other memory.</param>
    public StepBinding? Find(int place, int rows, int tokens, int logits) => _bindings.GetValueOrDefault((place, rows, tokens, logits));

    /// <summary>Keeps a binding for the next step like it.</summary>
    public StepBinding Keep(int place, int rows, int tokens, int logits, StepBinding binding)
    {
        // The last chunk of a prompt has any length: what was bound for one is dropped rather than kept for each.
        if (_bindings.Count >= Most)
        {
            var (key, old) = _bindings.First(pair => pair.Key.Tokens > 1);
            old.Dispose();
            _bindings.Remove(key);
        }

        return _bindings[(place, rows, tokens, logits)] = binding;
    }

    /// <summary>Lets go of what was bound at a place.</summary>
    public void Forget(int place) => Forget(key => key == place);

    /// <summary>Lets go of everything.</summary>
    public void Clear() => Forget(_ => true);

    private void Forget(Func<int, bool> which)
    {
        foreach (var key in _bindings.Keys.Where(key => which(key.Place)).ToList())
        {
            _bindings.Remove(key, out var binding);
            binding!.Dispose();
        }
    }
}
