using System.Collections.Concurrent;

namespace MistralStudio.Inference.Structured.Masks;

/// <summary>
/// The masks of a grammar that were needed before, by what the answer is read as. Bounded; when it is full it begins anew, for what an
/// ordinary schema needs is far less than it holds. Safe for any number of threads.
/// </summary>
internal sealed class MaskCache(GrammarMachine machine)
{
    private const long MostBytes = 48 << 20;

    private readonly ConcurrentDictionary<Key, StateMask> _masks = new();
    private long _bytes;

    public StateMask Of(Reading[] readings)
    {
        var key = new Key(readings, machine);
        if (_masks.TryGetValue(key, out var known))
        {
            return known;
        }

        var mask = new MaskBuilder(machine).Build(readings);
        if (Interlocked.Add(ref _bytes, mask.Size) > MostBytes)
        {
            _masks.Clear();
            Interlocked.Exchange(ref _bytes, mask.Size);
        }

        return _masks.GetOrAdd(key, mask);
    }

    // One reading is compared without counts that no token can tell apart; of several the difference between their counts matters too.
    private sealed class Key : IEquatable<Key>
    {
        private readonly Reading[] _readings;
        private readonly int[] _blurred;
        private readonly int _hash;

        public Key(Reading[] readings, GrammarMachine machine)
        {
            _readings = readings;
            _blurred = new int[readings.Length];
            var hash = default(HashCode);
            for (var i = 0; i < readings.Length; i++)
            {
                var (frame, state, count) = readings[i];
                _blurred[i] = frame is not null && readings.Length == 1 ? machine.Blur(frame.Node, count) : count;
                hash.Add(HashCode.Combine(frame, state, _blurred[i]));
            }

            _hash = hash.ToHashCode();
        }

        public bool Equals(Key? other)
        {
            if (other is null || other._hash != _hash || other._readings.Length != _readings.Length)
            {
                return false;
            }

            for (var i = 0; i < _readings.Length; i++)
            {
                if (_readings[i].State != other._readings[i].State || _blurred[i] != other._blurred[i]
                    || !Frame.Same(_readings[i].Frame, other._readings[i].Frame, exactly: _readings.Length > 1))
                {
                    return false;
                }
            }

            return true;
        }

        public override bool Equals(object? obj) => Equals(obj as Key);

        public override int GetHashCode() => _hash;
    }
}
