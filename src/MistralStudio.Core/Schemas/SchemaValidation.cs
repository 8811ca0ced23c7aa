using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MistralStudio.Core.Schemas.Text;

namespace MistralStudio.Core.Schemas;

/// <summary>One validation of a value: walks schema and value together, and knows which members and items some keyword has looked at.</summary>
internal sealed class SchemaValidation
{
    private const int MostViolations = 100;
    private const int MostSteps = 5_000_000;

    private readonly List<SchemaViolation> _violations = [];
    private readonly List<SchemaResource> _scope = [];
    private int _steps = MostSteps;
    private int _quiet;

    private SchemaValidation()
    {
    }

    public static IReadOnlyList<SchemaViolation> Run(SchemaNode root, JsonElement value)
    {
        if (!JsonValues.IsText(value))
        {
            return [new SchemaViolation("", root.Location, "A string holds half of a surrogate pair.")];
        }

        var validation = new SchemaValidation();
        try
        {
            validation.Check(root, value, "", new Evaluated());
        }
        catch (InsufficientExecutionStackException)
        {
            return [new SchemaViolation("", root.Location, "The schema refers to itself without end, or the value is nested too deeply.")];
        }
        catch (StepsSpentException)
        {
            return [new SchemaViolation("", root.Location, "The schema is too costly to check against this value.")];
        }

        return validation._violations;
    }

    /// <summary>True where a value follows every schema of a list.</summary>
    public static bool Follows(IEnumerable<SchemaNode> schemas, JsonElement value) => schemas.All(schema => Run(schema, value).Count == 0);

    private bool Check(SchemaNode schema, JsonElement value, string path, Evaluated evaluated)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (--_steps < 0)
        {
            throw new StepsSpentException();
        }

        if (schema.Constant is { } constant)
        {
            return constant || Fail(schema, "", path, "Nothing is allowed here.");
        }

        var entered = _scope.Count == 0 || _scope[^1] != schema.Resource;
        if (entered)
        {
            _scope.Add(schema.Resource);
        }

        var valid = CheckValue(schema, value, path) & (value.ValueKind switch
        {
            JsonValueKind.Number => CheckNumber(schema, value, path),
            JsonValueKind.String => CheckString(schema, value.GetString()!, path),
            JsonValueKind.Array => CheckArray(schema, value, path, evaluated),
            JsonValueKind.Object => CheckObject(schema, value, path, evaluated),
            _ => true,
        });
        valid &= CheckApplicators(schema, value, path, evaluated);
        valid &= CheckUnevaluated(schema, value, path, evaluated);
        if (entered)
        {
            _scope.RemoveAt(_scope.Count - 1);
        }

        return valid;
    }

    private bool CheckValue(SchemaNode schema, JsonElement value, string path)
    {
        var valid = true;
        if (schema.Types is { } types && (types & JsonTypeNames.TypeOf(value)) == 0)
        {
            valid = Fail(schema, "type", path, $"It is {JsonTypeNames.Name(JsonTypeNames.TypeOf(value))}, expected is {JsonTypeNames.Names(types)}.");
        }

        if (schema.Enumeration is { } values && !schema.EnumerationSet!.Contains(value))
        {
            valid = Fail(schema, "enum", path,
                $"It is none of the {values.Count:N0} values allowed: {Shorten(string.Join(", ", values.Take(10).Select(one => one.GetRawText())))}.");
        }

        if (schema.Const is { } only && !JsonValues.Comparer.Equals(only, value))
        {
            valid = Fail(schema, "const", path, $"Only {Shorten(only.GetRawText())} is allowed.");
        }

        return valid;
    }

    private bool CheckNumber(SchemaNode schema, JsonElement value, string path)
    {
        var number = JsonNumber.Of(value);
        return Holds(schema.Minimum is not { } least || number.CompareTo(least) >= 0, schema, "minimum", path,
            $"It is less than {schema.Minimum}.")
            & Holds(schema.ExclusiveMinimum is not { } above || number.CompareTo(above) > 0, schema, "exclusiveMinimum", path,
                $"It is not more than {schema.ExclusiveMinimum}.")
            & Holds(schema.Maximum is not { } most || number.CompareTo(most) <= 0, schema, "maximum", path,
                $"It is more than {schema.Maximum}.")
            & Holds(schema.ExclusiveMaximum is not { } below || number.CompareTo(below) < 0, schema, "exclusiveMaximum", path,
                $"It is not less than {schema.ExclusiveMaximum}.")
            & Holds(schema.MultipleOf is not { } divisor || number.IsMultipleOf(divisor), schema, "multipleOf", path,
                $"It is no multiple of {schema.MultipleOf}.");
    }

    private bool CheckString(SchemaNode schema, string text, string path)
    {
        if (schema is { MinLength: null, MaxLength: null, PatternAutomaton: null, Format: null })
        {
            return true;
        }

        _steps -= text.Length * (schema.PatternAutomaton?.Count ?? 1) / 64;
        var length = text.EnumerateRunes().Count();
        return Holds(!(length < schema.MinLength), schema, "minLength", path,
            $"It has {length:N0} characters, at least {schema.MinLength:N0} are needed.")
            & Holds(!(length > schema.MaxLength), schema, "maxLength", path,
                $"It has {length:N0} characters, at most {schema.MaxLength:N0} are allowed.")
            & Holds(schema.PatternAutomaton?.IsFoundIn(text) ?? true, schema, "pattern", path,
                $"It does not match the pattern {schema.Pattern}.")
            & Holds(schema.Format is not { } format || (StringFormat.Named(format)?.Matches(text) ?? true), schema, "format", path,
                $"It is no {schema.Format}.");
    }

    private bool CheckArray(SchemaNode schema, JsonElement value, string path, Evaluated evaluated)
    {
        var count = value.GetArrayLength();
        var valid = Holds(!(count < schema.MinItems), schema, "minItems", path,
            $"It has {count:N0} items, at least {schema.MinItems:N0} are needed.")
            & Holds(!(count > schema.MaxItems), schema, "maxItems", path,
                $"It has {count:N0} items, at most {schema.MaxItems:N0} are allowed.");
        if (schema.UniqueItems)
        {
            valid &= Holds(value.EnumerateArray().Distinct(JsonValues.Comparer).Count() == count, schema, "uniqueItems", path,
                "An item is there twice.");
        }

        var index = 0;
        var contained = 0;
        foreach (var item in value.EnumerateArray())
        {
            var at = $"{path}/{index.ToString(CultureInfo.InvariantCulture)}";
            var itemSchema = index < schema.PrefixItems.Count ? schema.PrefixItems[index] : schema.Items;
            if (itemSchema is not null)
            {
                valid &= Check(itemSchema, item, at, new Evaluated());
                evaluated.Items.Add(index);
            }

            if (schema.Contains is not null && IsValid(schema.Contains, item, at, new Evaluated()))
            {
                contained++;
                evaluated.Items.Add(index);
            }

            index++;
        }

        if (schema.Contains is not null)
        {
            valid &= Holds(contained >= (schema.MinContains ?? 1), schema, "contains", path,
                $"{contained:N0} items are as asked, at least {schema.MinContains ?? 1:N0} are needed.")
                & Holds(!(contained > schema.MaxContains), schema, "maxContains", path,
                    $"{contained:N0} items are as described, at most {schema.MaxContains:N0} are allowed.");
        }

        return valid;
    }

    private bool CheckObject(SchemaNode schema, JsonElement value, string path, Evaluated evaluated)
    {
        var members = JsonValues.Members(value);
        var valid = Holds(!(members.Count < schema.MinProperties), schema, "minProperties", path,
            $"It has {members.Count:N0} properties, at least {schema.MinProperties:N0} are needed.")
            & Holds(!(members.Count > schema.MaxProperties), schema, "maxProperties", path,
                $"It has {members.Count:N0} properties, at most {schema.MaxProperties:N0} are allowed.");
        foreach (var name in schema.Required)
        {
            valid &= Holds(members.ContainsKey(name), schema, "required", path, $"The property \"{name}\" is missing.");
        }

        foreach (var (name, needs) in schema.DependentRequired.Where(one => members.ContainsKey(one.Name)))
        {
            foreach (var need in needs)
            {
                valid &= Holds(members.ContainsKey(need), schema, "dependentRequired", path,
                    $"With the property \"{name}\" comes \"{need}\", which is missing.");
            }
        }

        foreach (var (name, member) in members)
        {
            valid &= CheckMember(schema, name, member, $"{path}/{JsonPointer.Escape(name)}", evaluated);
        }

        foreach (var (_, dependent) in schema.DependentSchemas.Where(one => members.ContainsKey(one.Name)))
        {
            valid &= CheckInPlace(dependent, value, path, evaluated);
        }

        return valid;
    }

    private bool CheckMember(SchemaNode schema, string name, JsonElement member, string path, Evaluated evaluated)
    {
        var valid = true;
        var known = schema.PropertiesByName.TryGetValue(name, out var own);
        if (own is not null)
        {
            valid &= Check(own, member, path, new Evaluated());
        }

        foreach (var (_, byPattern) in schema.PatternProperties.Where(one => one.Pattern.IsFoundIn(name)))
        {
            known = true;
            valid &= Check(byPattern, member, path, new Evaluated());
        }

        if (!known && schema.AdditionalProperties is { } additional)
        {
            known = true;
            valid &= additional.Constant == false
                ? Fail(schema, "additionalProperties", path, $"The property \"{name}\" is not allowed.")
                : Check(additional, member, path, new Evaluated());
        }

        if (schema.PropertyNames is { } names)
        {
            using var text = JsonDocument.Parse(JsonSerializer.Serialize(name));
            valid &= Check(names, text.RootElement, path, new Evaluated());
        }

        if (known)
        {
            evaluated.Members.Add(name);
        }

        return valid;
    }

    private bool CheckApplicators(SchemaNode schema, JsonElement value, string path, Evaluated evaluated)
    {
        var valid = true;
        if (schema.Reference is { } reference)
        {
            valid &= CheckInPlace(Target(schema, reference), value, path, evaluated);
        }

        foreach (var part in schema.AllOf)
        {
            valid &= CheckInPlace(part, value, path, evaluated);
        }

        if (schema.AnyOf.Count > 0)
        {
            // All of them, not the first: what each looked at counts as evaluated.
            valid &= Holds(schema.AnyOf.Count(part => IsValid(part, value, path, evaluated)) > 0, schema, "anyOf", path,
                $"It follows none of the {schema.AnyOf.Count} alternatives.");
        }

        if (schema.OneOf.Count > 0)
        {
            var followed = schema.OneOf.Count(part => IsValid(part, value, path, evaluated));
            valid &= Holds(followed == 1, schema, "oneOf", path, followed == 0
                ? $"It follows none of the {schema.OneOf.Count} alternatives."
                : $"It follows {followed} of the alternatives, which exclude each other.");
        }

        if (schema.Not is { } not)
        {
            valid &= Holds(!IsValid(not, value, path, new Evaluated()), schema, "not", path,
                "It follows the schema that is excluded here.");
        }

        if (schema.If is { } condition)
        {
            var branch = IsValid(condition, value, path, evaluated) ? schema.Then : schema.Else;
            valid &= branch is null || CheckInPlace(branch, value, path, evaluated);
        }

        return valid;
    }

    private bool CheckUnevaluated(SchemaNode schema, JsonElement value, string path, Evaluated evaluated)
    {
        var valid = true;
        if (schema.UnevaluatedItems is { } items && value.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                if (evaluated.Items.Add(index))
                {
                    valid &= Check(items, item, $"{path}/{index}", new Evaluated());
                }

                index++;
            }
        }

        if (schema.UnevaluatedProperties is { } members && value.ValueKind == JsonValueKind.Object)
        {
            foreach (var (name, member) in JsonValues.Members(value))
            {
                if (evaluated.Members.Add(name))
                {
                    valid &= Check(members, member, $"{path}/{JsonPointer.Escape(name)}", new Evaluated());
                }
            }
        }

        return valid;
    }

    // The outermost resource on the way here that has the dynamic anchor wins (2020-12 core, 8.2.3.2).
    private SchemaNode Target(SchemaNode schema, SchemaNode reference)
    {
        if (schema.DynamicReference is { } anchor)
        {
            foreach (var resource in _scope)
            {
                if (resource.DynamicTargets.TryGetValue(anchor, out var target))
                {
                    return target;
                }
            }
        }

        return reference;
    }

    private bool IsValid(SchemaNode schema, JsonElement value, string path, Evaluated evaluated)
    {
        _quiet++;
        var valid = CheckInPlace(schema, value, path, evaluated);
        _quiet--;
        return valid;
    }

    // Another schema for the same value: it does not see what its neighbours have looked at, they see what it has.
    private bool CheckInPlace(SchemaNode schema, JsonElement value, string path, Evaluated evaluated)
    {
        var looked = new Evaluated();
        var valid = Check(schema, value, path, looked);
        if (valid)
        {
            evaluated.Items.UnionWith(looked.Items);
            evaluated.Members.UnionWith(looked.Members);
        }

        return valid;
    }

    private bool Holds(bool condition, SchemaNode schema, string keyword, string path, string message) =>
        condition || Fail(schema, keyword, path, message);

    private bool Fail(SchemaNode schema, string keyword, string path, string message)
    {
        if (_quiet == 0 && _violations.Count < MostViolations)
        {
            _violations.Add(new SchemaViolation(path, keyword.Length == 0 ? schema.Location : $"{schema.Location}/{keyword}", message));
        }

        return false;
    }

    private static string Shorten(string text) => text.Length <= 200 ? text : $"{text[..197]}...";

    /// <summary>Members and items that some keyword has looked at, for the <c>unevaluated</c> ones.</summary>
    private sealed class Evaluated
    {
        public HashSet<int> Items { get; } = [];

        public HashSet<string> Members { get; } = new(StringComparer.Ordinal);
    }

    private sealed class StepsSpentException : Exception;
}
