using System.Text;

namespace MistralStudio.Inference.ChatTemplates.Jinja;

/// <summary>Puts a <see cref="TemplateText"/> together.</summary>
internal sealed class TextBuilder(RenderBudget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _foreign = [];

    /// <summary>UTF-16 units.</summary>
    public int Length => _text.Length;

    /// <summary>Appends characters of the template.</summary>
    public TextBuilder Append(string own)
    {
        Spend(own.Length);
        _text.Append(own);
        return this;
    }

    /// <summary>Appends a text.</summary>
    public TextBuilder Append(TemplateText text) => Append(text, 0, text.Length);

    /// <summary>Appends a part of a text.</summary>
    public TextBuilder Append(TemplateText text, int start, int length)
    {
        Spend(length);
        text.AppendRanges(_foreign, start, length, _text.Length - start);
        _text.Append(text.Value, start, length);
        return this;
    }

    /// <summary>The text so far.</summary>
    public TemplateText ToText()
    {
        budget.Spend(_text.Length);
        return TemplateText.Create(_text.ToString(), _foreign);
    }

    private void Spend(int characters)
    {
        budget.Spend(characters);
        if (_text.Length + characters > RenderBudget.MostOutput)
        {
            throw new JinjaException(JinjaFailure.Forbidden, "it writes more than 1 MB");
        }
    }
}
