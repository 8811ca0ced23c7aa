using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Math;

namespace MistralStudio.Retrieval.Documents.Formats;

/// <summary>Equations of Office as a line of TeX: fractions, powers, indices, roots and sums; other forms by their words.</summary>
internal static class MathText
{
    public static string Write(OpenXmlElement equation)
    {
        var text = new StringBuilder();
        Append(equation, text);
        return text.ToString().Trim();
    }

    private static void Append(OpenXmlElement element, StringBuilder text)
    {
        foreach (var child in element.ChildElements)
        {
            switch (child)
            {
                case Text words:
                    text.Append(words.Text);
                    break;
                case Fraction fraction:
                    text.Append(@"\frac{").Append(Part<Numerator>(fraction)).Append("}{").Append(Part<Denominator>(fraction)).Append('}');
                    break;
                case Superscript power:
                    text.Append(Part<Base>(power)).Append("^{").Append(Part<SuperArgument>(power)).Append('}');
                    break;
                case Subscript index:
                    text.Append(Part<Base>(index)).Append("_{").Append(Part<SubArgument>(index)).Append('}');
                    break;
                case SubSuperscript both:
                    text.Append(Part<Base>(both)).Append("_{").Append(Part<SubArgument>(both)).Append("}^{").Append(Part<SuperArgument>(both)).Append('}');
                    break;
                case Radical root:
                    text.Append(@"\sqrt").Append(Part<Degree>(root) is { Length: > 0 } degree ? $"[{degree}]" : "").Append('{').Append(Part<Base>(root)).Append('}');
                    break;
                case Nary nary:
                    text.Append(nary.NaryProperties?.AccentChar?.Val?.Value ?? "∫");
                    text.Append("_{").Append(Part<SubArgument>(nary)).Append("}^{").Append(Part<SuperArgument>(nary)).Append("} ").Append(Part<Base>(nary));
                    break;
                case Delimiter delimiter:
                    text.Append(delimiter.DelimiterProperties?.BeginChar?.Val?.Value ?? "(");
                    text.AppendJoin(delimiter.DelimiterProperties?.SeparatorChar?.Val?.Value ?? "|", delimiter.Elements<Base>().Select(Write));
                    text.Append(delimiter.DelimiterProperties?.EndChar?.Val?.Value ?? ")");
                    break;
                default:
                    Append(child, text);
                    break;
            }
        }
    }

    private static string Part<T>(OpenXmlElement parent)
        where T : OpenXmlElement => parent.GetFirstChild<T>() is { } part ? Write(part) : "";
}
