using Fluid;
using Fluid.Ast;
using Fluid.Values;
using MistralStudio.Core;

namespace MistralStudio.Flows.Templates;

/// <summary>A name that a template reads: <c>search.passages</c> is root and member, <c>question</c> a root alone.</summary>
internal readonly record struct TemplateReference(string Root, string? Member)
{
    public override string ToString() => Member is null ? Root : $"{Root}.{Member}";
}

/// <summary>Finds what a template reads from outside, and what it may not do.</summary>
internal sealed class TemplateReferences : AstVisitor
{
    private readonly HashSet<TemplateReference> _read = [];
    private readonly HashSet<string> _own = new(StringComparer.Ordinal) { "forloop", "tablerowloop", "empty", "blank", "nil", "null", "true", "false" };

    private TemplateReferences()
    {
    }

    /// <summary>Names that are not the template's own.</summary>
    public IReadOnlyList<TemplateReference> All => [.. _read.Where(name => !_own.Contains(name.Root))];

    /// <summary>What it may not do, where it does it.</summary>
    public Error? Problem { get; private set; }

    /// <summary>The condition of the first if.</summary>
    public Expression? Condition { get; private set; }

    public static TemplateReferences Of(IFluidTemplate template)
    {
        var visitor = new TemplateReferences();
        visitor.VisitTemplate(template);
        return visitor;
    }

    protected override Statement VisitIfStatement(IfStatement ifStatement)
    {
        Condition ??= ifStatement.Condition;
        return base.VisitIfStatement(ifStatement);
    }

    protected override Statement VisitAssignStatement(AssignStatement assignStatement)
    {
        _own.Add(assignStatement.Identifier);
        return base.VisitAssignStatement(assignStatement);
    }

    public override Statement VisitOtherStatement(Statement statement)
    {
        if (statement is LimitedCapture capture)
        {
            _own.Add(capture.Identifier);
            foreach (var inside in capture.Statements)
            {
                Visit(inside);
            }
        }

        return base.VisitOtherStatement(statement);
    }

    protected override Statement VisitForStatement(ForStatement forStatement)
    {
        _own.Add(forStatement.Identifier);
        return base.VisitForStatement(forStatement);
    }

    protected override Statement VisitTableRowStatement(TableRowStatement tableRowStatement)
    {
        _own.Add(tableRowStatement.Identifier);
        return base.VisitTableRowStatement(tableRowStatement);
    }

    protected override Statement VisitIncrementStatement(IncrementStatement incrementStatement)
    {
        _own.Add(incrementStatement.Identifier);
        return base.VisitIncrementStatement(incrementStatement);
    }

    protected override Statement VisitDecrementStatement(DecrementStatement decrementStatement)
    {
        _own.Add(decrementStatement.Identifier);
        return base.VisitDecrementStatement(decrementStatement);
    }

    protected override Expression VisitFilterExpression(FilterExpression filterExpression)
    {
        if (!LiquidParser.Options.Filters.TryGetValue(filterExpression.Name, out _))
        {
            Problem ??= TemplateErrors.UnknownFilter(filterExpression.Name);
        }

        return base.VisitFilterExpression(filterExpression);
    }

    // A range is a list in memory before the first of its numbers is used.
    protected override Expression VisitRangeExpression(RangeExpression rangeExpression)
    {
        if (Bound(rangeExpression.From) is not { } from || Bound(rangeExpression.To) is not { } to || to - from > LiquidParser.MostOfRange)
        {
            Problem ??= TemplateErrors.OpenRange();
        }

        return base.VisitRangeExpression(rangeExpression);
    }

    protected override Expression VisitMemberExpression(MemberExpression memberExpression)
    {
        if (memberExpression.Segments.Count > 0 && memberExpression.Segments[0] is IdentifierSegment root)
        {
            var member = memberExpression.Segments.Count > 1 ? memberExpression.Segments[1] switch
            {
                IdentifierSegment named => named.Identifier,
                IndexerSegment { Expression: LiteralExpression { Value: StringValue text } } => text.ToStringValue(),
                _ => null,
            } : null;
            _read.Add(new TemplateReference(root.Identifier, member));
        }

        return base.VisitMemberExpression(memberExpression);
    }

    private static decimal? Bound(Expression expression) =>
        expression is LiteralExpression { Value: NumberValue number } ? number.ToNumberValue() : null;
}
