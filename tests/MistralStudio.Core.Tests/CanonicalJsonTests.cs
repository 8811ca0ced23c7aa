using System.Text;
using System.Text.Json;

namespace MistralStudio.Core.Tests;

public sealed class CanonicalJsonTests
{
    [Theory]
    [InlineData("""{"b":1,"a":[ 1.50, 1e2, -0.0, 3 ]}""", """{"a":[1.5,100,0,3],"b":1}""")]
    [InlineData("""{"a":1,"a":2}""", """{"a":2}""")]
    [InlineData("""{"é":"\u00e9\n<b>","Z":null}""", "{\"Z\":null,\"é\":\"é\\n<b>\"}")]
    [InlineData("1e400", "1e400")]
    [InlineData("0.1", "0.1")]
    [InlineData("1e-30", "1e-30")]
    public void Write_IsOneWayToWriteAValue(string json, string canonical) =>
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Write(JsonElement.Parse(json))));
}
