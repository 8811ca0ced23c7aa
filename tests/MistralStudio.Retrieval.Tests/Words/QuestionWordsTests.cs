using MistralStudio.Retrieval.Words;

namespace MistralStudio.Retrieval.Tests.Words;

public sealed class QuestionWordsTests
{
    [Theory]
    [InlineData("Which contracts were signed?", "The CONTRACT is signing nothing; Contracting is done.", "English", "CONTRACT signing Contracting")]
    [InlineData("Wo wird gefunden, was fehlt?", "Der Fund fehlte; gefunden wurde er in Wien.", "German", "Fund fehlte gefunden")]
    [InlineData("¿Dónde están las canciones?", "La cancion de ayer", "Spanish", "cancion")]
    [InlineData("of the", "of all the words", "English", "of the")]
    [InlineData("contracts", "Verträge", "English German", "")]
    [InlineData("东京", "在东京都", "Other", "东京")]
    public void Words_AreFoundInEachForm(string question, string text, string languages, string found)
    {
        var words = new QuestionWords(question, [.. languages.Split(' ').Select(Enum.Parse<Language>)]);
        Assert.Equal(found, string.Join(' ', words.In(text).Select(word => text.Substring(word.Start, word.Length))));
        Assert.Equal(words.In(text), words.In(text));
    }
}
