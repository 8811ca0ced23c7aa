namespace MistralStudio.Inference.Tests.Structured;

/// <summary>Schemas as applications write them.</summary>
public static class OrdinarySchemas
{
    public static IReadOnlyList<(string Name, string Schema)> All { get; } =
    [
        ("person", """
            {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","minimum":0,"maximum":150},"email":{"type":"string","format":"email"},
            "tags":{"type":"array","items":{"type":"string"},"maxItems":5}},"required":["name","age"],"additionalProperties":false}
            """),
        ("invoice", """
            {"type":"object","properties":{"id":{"type":"string","format":"uuid"},"date":{"type":"string","format":"date"},"currency":{"enum":["EUR","USD","GBP"]},
            "lines":{"type":"array","minItems":1,"maxItems":20,"items":{"type":"object","properties":{"description":{"type":"string","minLength":1,"maxLength":200},
            "quantity":{"type":"integer","minimum":1},"price":{"type":"number","minimum":0,"multipleOf":0.01}},"required":["description","quantity","price"],"additionalProperties":false}},
            "total":{"type":"number","minimum":0}},"required":["id","date","currency","lines","total"],"additionalProperties":false}
            """),
        ("classification", """
            {"type":"object","properties":{"reasoning":{"type":"string"},"label":{"enum":["positive","neutral","negative"]},"confidence":{"type":"number","minimum":0,"maximum":1}},
            "required":["reasoning","label","confidence"],"additionalProperties":false}
            """),
        ("steps", """
            {"type":"object","properties":{"steps":{"type":"array","items":{"$ref":"#/$defs/step"},"minItems":1},"final_answer":{"type":"string"}},
            "required":["steps","final_answer"],"additionalProperties":false,
            "$defs":{"step":{"type":"object","properties":{"explanation":{"type":"string"},"output":{"type":"string"}},"required":["explanation","output"],"additionalProperties":false}}}
            """),
        ("tree", """
            {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"value":{"type":["string","number","null"]},
            "children":{"type":"array","items":{"$ref":"#/$defs/node"}}},"required":["value","children"],"additionalProperties":false}}}
            """),
        ("shapes", """
            {"type":"object","properties":{"shapes":{"type":"array","items":{"oneOf":[
            {"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"number","exclusiveMinimum":0}},"required":["kind","radius"],"additionalProperties":false},
            {"type":"object","properties":{"kind":{"const":"box"},"width":{"type":"number"},"height":{"type":"number"}},"required":["kind","width","height"],"additionalProperties":false}]}}},
            "required":["shapes"],"additionalProperties":false}
            """),
        ("tool call", """
            {"anyOf":[{"type":"object","properties":{"name":{"const":"get_weather"},"arguments":{"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["c","f"]}},"required":["city"],"additionalProperties":false}},"required":["name","arguments"],"additionalProperties":false},
            {"type":"object","properties":{"name":{"const":"search"},"arguments":{"type":"object","properties":{"query":{"type":"string"},"limit":{"type":"integer"},"since":{"type":"string","format":"date-time"}},"required":["query"],"additionalProperties":false}},"required":["name","arguments"],"additionalProperties":false}]}
            """),
        ("codes", """
            {"type":"object","properties":{"sku":{"type":"string","pattern":"^[A-Z]{3}-\\d{4}$"},"host":{"type":"string","format":"hostname"},"ip":{"type":"string","format":"ipv4"},
            "at":{"type":"string","format":"date-time"},"site":{"type":"string","format":"uri"},"took":{"type":"string","format":"duration"}},
            "required":["sku","host","ip","at","site","took"],"additionalProperties":false}
            """),
        ("open object", """{"type":"object","properties":{"title":{"type":"string"}},"required":["title"]}"""),
        ("any", "true"),
    ];
}
