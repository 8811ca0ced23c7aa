using Microsoft.Extensions.AI;

namespace MistralStudio.Core.Models;

/// <summary>
/// Keys of <see cref="ChatOptions.AdditionalProperties"/> that the product's own chat clients understand, for what <see cref="ChatOptions"/> has
/// no property for. <see cref="ChatOptionExtensions"/> reads and writes them with their types; a client that does not know a key leaves it out.
/// </summary>
public static class ChatOptionKeys
{
    /// <summary>float, 0 to 1: keeps tokens with at least this share of the likeliest one's probability.</summary>
    public const string MinP = "min_p";

    /// <summary>float, above 0 to 1: keeps the tokens closest to the expected information, with this probability together (Meister et al. 2022).</summary>
    public const string TypicalP = "typical_p";

    /// <summary>float, above 0: 1 changes nothing, more makes tokens that came before less likely.</summary>
    public const string RepetitionPenalty = "repetition_penalty";

    /// <summary>bool: the answer goes on to its longest length.</summary>
    public const string IgnoreEos = "ignore_eos";

    /// <summary><c>IReadOnlyDictionary&lt;int, float&gt;</c>: added to the logits of tokens, by token id.</summary>
    public const string LogitBias = "logit_bias";

    /// <summary>int: present where log-probabilities are wanted; how many of the likeliest tokens beside the one that was chosen (0 to 20).</summary>
    public const string TopLogprobs = "top_logprobs";

    /// <summary>int: number of answers, from one reading of the prompt.</summary>
    public const string N = "n";

    /// <summary>string: a regular expression that the answer matches as a whole.</summary>
    public const string Regex = "regex";

    /// <summary><c>IReadOnlyList&lt;string&gt;</c>: the answer is one of these.</summary>
    public const string Choices = "choices";

    /// <summary>string: who asks (a key, a member). Those who wait for one model take turns by it; nothing else is made of it.</summary>
    public const string Client = "client";

    /// <summary>int: how many runs of flows stand above the request; a flow that is asked as a model counts on, so that none asks itself without end.</summary>
    public const string Depth = "depth";

    /// <summary><c>IReadOnlyDictionary&lt;string, string&gt;</c>: values of the variables of a saved prompt; models that are none leave them out.</summary>
    public const string PromptVariables = "prompt_variables";

    /// <summary>bool: calls of tools come as <see cref="FunctionCallDelta"/>s while they are written, before they come whole.</summary>
    public const string StreamsCalls = "streams_calls";

    /// <summary><c>IReadOnlyDictionary&lt;string, object?&gt;</c>: variables for the model's chat template.</summary>
    public const string ChatTemplateKwargs = "chat_template_kwargs";
}

/// <summary>
/// Keys of <see cref="ChatResponseUpdate.AdditionalProperties"/> that the product's own chat clients set; <see cref="ChatUpdateExtensions"/>
/// reads and writes them with their types. <see cref="GenerationTimings.Key"/> is a further one.
/// </summary>
public static class ChatUpdateKeys
{
    /// <summary>int: which of several answers it belongs to; absent means 0.</summary>
    public const string Choice = "choice";

    /// <summary><c>IReadOnlyList&lt;TokenLogprob&gt;</c>: of the tokens of its text.</summary>
    public const string Logprobs = "logprobs";

    /// <summary>string: the reference of the model that answers in the place of the one that was asked; absent where that one answers itself.</summary>
    public const string StandIn = "stand_in";
}
