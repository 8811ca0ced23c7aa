using System.Globalization;
using System.Text.Json.Nodes;
using MistralStudio.Core;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MistralStudio.Flows.Imports;

/// <summary>
/// YAML as JSON, event by event: no tags, so that nothing is made but texts, numbers, truths, lists and objects; no anchors, so that nothing
/// grows; no deeper and no longer than an import may be.
/// </summary>
internal static class YamlReader
{
    public static Result<JsonNode> Read(string text)
    {
        try
        {
            var parser = new Parser(new StringReader(text));
            parser.Consume<StreamStart>();
            if (!parser.Accept<DocumentStart>(out _))
            {
                return ImportErrors.Unknown();
            }

            parser.Consume<DocumentStart>();
            var left = FlowImport.MostValues;
            return Value(parser, 0, ref left) is { } value ? value : ImportErrors.Unknown();
        }
        catch (StoppedException stopped)
        {
            return stopped.Error;
        }
        // What its parser says of some texts that end in the middle.
        catch (InvalidOperationException)
        {
            return ImportErrors.Unreadable("its lists and objects do not end where they should");
        }
        catch (YamlException wrong)
        {
            return ImportErrors.Unreadable($"line {wrong.Start.Line} is no YAML");
        }
    }

    private static JsonNode? Value(Parser parser, int depth, ref int left)
    {
        if (depth > FlowImport.MostDepth)
        {
            throw new StoppedException(ImportErrors.TooDeep());
        }

        if (--left < 0)
        {
            throw new StoppedException(ImportErrors.TooManyValues());
        }

        if (parser.Current is AnchorAlias || (parser.Current is NodeEvent { Anchor.IsEmpty: false }))
        {
            throw new StoppedException(ImportErrors.HasAliases());
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return Plain(scalar);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Value(parser, depth + 1, ref left));
            }

            return items;
        }

        parser.Consume<MappingStart>();
        var members = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var name) || !name.Anchor.IsEmpty)
            {
                throw new StoppedException(parser.Current is AnchorAlias ? ImportErrors.HasAliases() : ImportErrors.Unreadable("a name in it is no text"));
            }

            members[name.Value] = Value(parser, depth + 1, ref left);
        }

        return members;
    }

    // YAML 1.2's core schema, for what is not quoted.
    private static JsonValue? Plain(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
            _ when char.IsAsciiDigit(text[^1]) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }

    private sealed class StoppedException(Error error) : Exception(error.Message)
    {
        public Error Error { get; } = error;
    }
}
