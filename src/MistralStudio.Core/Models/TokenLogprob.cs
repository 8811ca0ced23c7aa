namespace MistralStudio.Core.Models;

/// <summary>
/// How likely the model found a token: the natural logarithm of its probability in the model's own distribution, before temperature, penalties,
/// bias, truncation and grammar, as the usual APIs report it.
/// </summary>
/// <param name="Token">Its id.</param>
/// <param name="Text">Its text; parts of a character as U+FFFD.</param>
/// <param name="Bytes">The bytes that it stands for: what <see cref="Text"/> cannot show of a part of a character.</param>
/// <param name="Logprob">0 or less.</param>
/// <param name="Top">The likeliest tokens at this place, the likeliest first, as many as were asked for; theirs are empty.</param>
public sealed record TokenLogprob(int Token, string Text, byte[] Bytes, float Logprob, IReadOnlyList<TokenLogprob> Top);
