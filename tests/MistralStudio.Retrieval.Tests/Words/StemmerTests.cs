using MistralStudio.Retrieval.Words;
using MistralStudio.Retrieval.Words.Stemming;

namespace MistralStudio.Retrieval.Tests.Words;

public sealed class StemmerTests
{
    // From Porter's own vocabulary: https://tartarus.org/martin/PorterStemmer.
    [Theory]
    [InlineData("caresses caress ponies poni ties ti caress caress cats cat feed feed agreed agre plastered plaster motoring motor sing sing")]
    [InlineData("conflated conflat troubled troubl sized size hopping hop tanned tan falling fall hissing hiss fizzed fizz failing fail filing file")]
    [InlineData("happy happi sky sky relational relat conditional condit rational ration valenci valenc digitizer digit conformabli conform")]
    [InlineData("radicalli radic differentli differ vileli vile analogousli analog vietnamization vietnam predication predic operator oper")]
    [InlineData("feudalism feudal decisiveness decis hopefulness hope callousness callous formaliti formal sensitiviti sensit sensibiliti sensibl")]
    [InlineData("triplicate triplic formative form formalize formal electriciti electr electrical electr hopeful hope goodness good")]
    [InlineData("revival reviv allowance allow inference infer airliner airlin gyroscopic gyroscop adjustable adjust defensible defens irritant irrit")]
    [InlineData("replacement replac adjustment adjust dependent depend adoption adopt homologou homolog communism commun activate activ")]
    [InlineData("angulariti angular homologous homolog effective effect bowdlerize bowdler probate probat rate rate cease ceas controll control roll roll")]
    public void English_FollowsPorter(string pairs)
    {
        foreach (var pair in pairs.Split(' ').Chunk(2))
        {
            Assert.Equal(pair[1], Stemmer.Stem(pair[0], Language.English));
        }
    }

    [Theory]
    [InlineData("German", "Verträge Vertrag Vertrages")]
    [InlineData("German", "Häuser Hauses Haus")]
    [InlineData("French", "national nationaux")]
    [InlineData("French", "contrats contrat")]
    [InlineData("Spanish", "contratos contrato contratas")]
    [InlineData("Spanish", "canciones canción")]
    [InlineData("Italian", "contratti contratto")]
    [InlineData("Portuguese", "contratos contrato")]
    [InlineData("Portuguese", "nações nação")]
    [InlineData("Russian", "договор договора договоров договорами")]
    [InlineData("Russian", "красивый красивая красивого красивыми")]
    [InlineData("Russian", "ёлка елки")]
    public void FormsOfAWord_Meet(string language, string forms) =>
        Assert.Single(forms.Split(' ').Select(form => Stemmer.Stem(Tokens.Fold(form), Enum.Parse<Language>(language))).Distinct());

    [Theory]
    [InlineData("The mill was closed in May, and its owners have not said what they will do with the land.", "English")]
    [InlineData("Das Werk wurde im Mai geschlossen, und die Eigentümer haben nicht gesagt, was mit dem Land geschieht.", "German")]
    [InlineData("L'usine a été fermée en mai, et les propriétaires n'ont pas dit ce qu'ils feront du terrain.", "French")]
    [InlineData("La fábrica fue cerrada en mayo y los propietarios no han dicho qué harán con el terreno.", "Spanish")]
    [InlineData("La fabbrica è stata chiusa a maggio e i proprietari non hanno detto che cosa faranno della terra.", "Italian")]
    [InlineData("A fábrica foi fechada em maio e os proprietários não disseram o que farão com a terra.", "Portuguese")]
    [InlineData("Завод был закрыт в мае, и владельцы не сказали, что будет с землёй.", "Russian")]
    [InlineData("Fabryka została zamknięta w maju i właściciele nie powiedzieli, co się stanie z ziemią, która jest przy niej.", "Other")]
    [InlineData("Tehdas suljettiin toukokuussa, ja omistajat ovat sanoneet että se ei ole myynnissä.", "Other")]
    [InlineData("cat dog 12 13", "English")]
    [InlineData("", "English")]
    public void Language_IsTold(string text, string language) => Assert.Equal(Enum.Parse<Language>(language), LanguageDetection.Of(text));

    [Fact]
    public void TermNumbers_AreThoseOfQdrant() =>
        // "the quick brown fox" by the server's own BM25, as it was recorded: quick, brown and fox.
        Assert.Equal([741580288, 771291085, 1621867415], ((string[])["quick", "brown", "fox"]).Select(TermId.Of).Order());
}
