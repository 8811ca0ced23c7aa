using Fluid;
using Fluid.Ast;
using Fluid.Values;
using MistralStudio.Core;

namespace MistralStudio.Flows.Templates;

/// <summary>A template or condition that was read once and is evaluated at every run of its node. Safe for any number of threads.</summary>
internal sealed class LiquidField
{
    private readonly IFluidTemplate _template;
    private readonly Expression? _condition;

    public LiquidField(IFluidTemplate template, Expression? condition, IReadOnlyList<TemplateReference> references)
    {
        _template = template;
        _condition = condition;
        References = references;
    }

    /// <summary>The names that it reads from outside.</summary>
    public IReadOnlyList<TemplateReference> References { get; }

    /// <summary>The text that it makes of these values.</summary>
    public Result<string> Render(TemplateValues values)
    {
        using var writer = new LimitedText();
        return Guard<string>(() =>
        {
            var done = _template.RenderAsync(writer, NullEncoder.Default, Context(values));
            Finish(done);
            return writer.ToString();
        });
    }

    /// <summary>Whether the condition holds for these values.</summary>
    public Result<bool> Holds(TemplateValues values) => Guard<bool>(() =>
    {
        var value = _condition!.EvaluateAsync(Context(values));
        return Finish(value).ToBooleanValue();
    });

    private static TemplateContext Context(TemplateValues values)
    {
        var context = new TemplateContext(LiquidParser.Options);
        TemplateWork.Begin(context);
        foreach (var (name, value) in values.Roots)
        {
            context.SetValue(name, value);
        }

        return context;
    }

    // Nothing here waits for anything: no filter, tag or value of ours is asynchronous.
    private static void Finish(ValueTask task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("A template went asynchronous.");
        }

        task.GetAwaiter().GetResult();
    }

    private static FluidValue Finish(ValueTask<FluidValue> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("A template went asynchronous.");

    private static Result<T> Guard<T>(Func<T> evaluate)
    {
        try
        {
            return evaluate();
        }
        catch (TemplateStoppedException stopped)
        {
            return stopped.Error;
        }
        // Fluid says that its limit of statements is one of recursion.
        catch (Exception failed) when (failed is InvalidOperationException { Message: var message } && message.StartsWith("The maximum ", StringComparison.Ordinal))
        {
            return TemplateErrors.TooMuchWork();
        }
        catch (Exception failed) when (failed is FluidException or ArgumentException or FormatException or OverflowException or DivideByZeroException or InvalidOperationException or InvalidCastException)
        {
            return TemplateErrors.Failed(failed.Message);
        }
    }
}
