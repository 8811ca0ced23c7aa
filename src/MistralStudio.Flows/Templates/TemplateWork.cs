using System.Text;
using Fluid;
using Fluid.Values;
using MistralStudio.Core;

namespace MistralStudio.Flows.Templates;

/// <summary>
/// What one evaluation may cost. Liquid counts its statements; texts that double at each of them are counted here, before they are made.
/// </summary>
internal sealed class TemplateWork
{
    /// <summary>Characters of the result, and of every text on the way to it.</summary>
    public const int MostCharacters = 1_000_000;

    private const long MostWork = 16_000_000;
    private const string Key = "work";

    private long _left = MostWork;

    /// <summary>Gives an evaluation its allowance.</summary>
    public static void Begin(TemplateContext context) => context.AmbientValues[Key] = new TemplateWork();

    /// <summary>A filter that is asked, before it works, how long its result will at most be.</summary>
    public static FilterDelegate Counted(FilterDelegate filter, Func<FluidValue, FilterArguments, TemplateContext, long>? foreseen)
    {
        return async (input, arguments, context) =>
        {
            if (foreseen is not null)
            {
                Of(context).Spend(foreseen(input, arguments, context));
            }

            var result = await filter(input, arguments, context);
            if (result is StringValue text)
            {
                Of(context).Spend(text.ToStringValue().Length);
            }

            return result;
        };
    }

    private static TemplateWork Of(TemplateContext context) => (TemplateWork)context.AmbientValues[Key];

    private void Spend(long characters)
    {
        _left -= characters;
        if (characters > MostCharacters || _left < 0)
        {
            throw new TemplateStoppedException(characters > MostCharacters ? TemplateErrors.TooMuchText() : TemplateErrors.TooMuchWork());
        }
    }
}

/// <summary>Ends an evaluation that went over its limits.</summary>
internal sealed class TemplateStoppedException(Error error) : Exception(error.ToString())
{
    public Error Error { get; } = error;
}

/// <summary>Takes the result of a template up to its limit.</summary>
internal sealed class LimitedText : TextWriter
{
    private readonly StringBuilder _text = new();

    public override Encoding Encoding => Encoding.Unicode;

    public override void Write(char value)
    {
        Room(1);
        _text.Append(value);
    }

    public override void Write(string? value)
    {
        Room(value?.Length ?? 0);
        _text.Append(value);
    }

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Room(buffer.Length);
        _text.Append(buffer);
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override Task WriteAsync(char value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(string? value)
    {
        Write(value);
        return Task.CompletedTask;
    }

    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return Task.CompletedTask;
    }

    public override string ToString() => _text.ToString();

    private void Room(int characters)
    {
        if (_text.Length + characters > TemplateWork.MostCharacters)
        {
            throw new TemplateStoppedException(TemplateErrors.TooMuchText());
        }
    }
}
