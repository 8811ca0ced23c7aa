using MistralStudio.Core;

namespace MistralStudio.Flows.Templates;

/// <summary>Expected failures of templates and conditions.</summary>
public static class TemplateErrors
{
    public static Error Unreadable(string reason) => new(
        "template.unreadable", $"This template cannot be read: {reason.TrimEnd('.')}.", "Templates are Liquid: {{ port }} and {% if ... %}.");

    public static Error NoCondition(string reason) => new(
        "template.no_condition",
        $"This condition cannot be read: {reason.TrimEnd('.')}.",
        "Compare ports with values: score > 0.5 and question contains \"refund\".");

    public static Error UnknownFilter(string name) => new(
        "template.unknown_filter", $"There is no filter \"{name}\".", "Use one of Liquid's: upcase, default, join, truncate, date, json and the others.");

    public static Error OpenRange() => new(
        "template.open_range",
        $"A range has to go between two whole numbers, with at most {LiquidParser.MostOfRange:N0} between them.",
        "Write the numbers into the template, or go through a list instead.");

    public static Error TooLong() => new(
        "template.too_long",
        $"This template is longer than {LiquidParser.MostCharacters:N0} characters.",
        "Put long texts into documents, and bring them in through a port.");

    public static Error TooMuchText() => new(
        "template.too_much_text",
        $"The template made more than {TemplateWork.MostCharacters:N0} characters.",
        "Shorten what it is given, or take a part of it: {{ port | truncate: 1000 }}.");

    public static Error TooMuchWork() => new(
        "template.too_much_work",
        "The template was stopped: it did more work than a template may.",
        "Take loops inside loops out of it, or do the work in a Code node.");

    public static Error Failed(string reason) => new(
        "template.failed", $"The template could not be evaluated: {reason.TrimEnd('.')}.", "Correct it, or what it is given.");
}
