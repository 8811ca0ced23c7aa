using MistralStudio.Core.Models;

namespace MistralStudio.Core.Tests.Models;

public sealed class ModelReferenceTests
{
    [Theory]
    [InlineData("default", ModelReferenceKind.Default, "", null)]
    [InlineData("smollm2-135m-instruct", ModelReferenceKind.Local, "smollm2-135m-instruct", null)]
    [InlineData("qwen2.5-7b+support", ModelReferenceKind.Local, "qwen2.5-7b", "support")]
    [InlineData("azure/gpt-4o", ModelReferenceKind.Connection, "azure", "gpt-4o")]
    [InlineData("router/mistralai/Mistral-7B", ModelReferenceKind.Connection, "router", "mistralai/Mistral-7B")]
    [InlineData("prompt:refund-reply@production", ModelReferenceKind.Prompt, "refund-reply", "production")]
    [InlineData("app:filings", ModelReferenceKind.App, "filings", null)]
    [InlineData("flow:triage@8", ModelReferenceKind.Flow, "triage", "8")]
    public void TryParse_ReadsEachForm_AndToStringWritesItBack(string text, ModelReferenceKind kind, string name, string? detail)
    {
        Assert.True(ModelReference.TryParse(text, out var reference));
        Assert.Equal(new ModelReference(kind, name, detail), reference);
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("../etc/passwd")]
    [InlineData("flow:Triage")]
    [InlineData("flow:triage@")]
    [InlineData("a b")]
    [InlineData("azure/")]
    [InlineData("tool:x")]
    public void WhatFollowsNoForm_IsRefused_OrIsTheDefaultModel(string? text)
    {
        Assert.False(ModelReference.TryParse(text, out _));
        Assert.Same(ModelReference.Default, ModelReference.OrDefault(text));
    }
}
