using System.Text;
using System.Text.Encodings.Web;
using Fluid;
using Fluid.Ast;
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

    /// <summary>Counts a text that was made.</summary>
    public static void Spend(TemplateContext context, long characters) => Of(context).Spend(characters);

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

/// <summary>A capture whose text has a limit while it grows.</summary>
internal sealed class LimitedCapture(CaptureStatement capture) : Statement
{
    public string Identifier => capture.Identifier;

    public IReadOnlyList<Statement> Statements => capture.Statements;

    public override async ValueTask<Completion> WriteToAsync(TextWriter writer, TextEncoder encoder, TemplateContext context)
    {
        context.IncrementSteps();
        using var text = new LimitedText();
        var completion = Completion.Normal;
        foreach (var statement in Statements)
        {
            completion = await statement.WriteToAsync(text, encoder, context);
            if (completion != Completion.Normal)
            {
                break;
            }
        }

        var captured = text.ToString();
        TemplateWork.Spend(context, captured.Length);
        context.SetValue(Identifier, new StringValue(captured, encode: false));
        return completion;
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
