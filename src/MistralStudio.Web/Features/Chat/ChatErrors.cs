using System.Globalization;
using MistralStudio.Core;

namespace MistralStudio.Web.Features.Chat;

/// <summary>Expected failures of sending a message.</summary>
public static class ChatErrors
{
    public static Error Empty() => new("chat.empty", "There is nothing to send: the message is empty.", "Write a message.");

    public static Error TooLong(int limit) => new(
        "chat.too_long",
        string.Create(CultureInfo.CurrentCulture, $"This message is longer than {limit:N0} characters, which is more than a page can send."),
        "Shorten it, or put the text into a knowledge base and ask about it.");

    public static Error Gone() => new(
        "chat.conversation_gone", "This conversation was deleted meanwhile.", "Start a new one; the text is still in the field.");

    public static Error FileNotRead(string name) => new(
        "chat.file_not_read", $"\"{name}\" is still being read, so an answer would not know it.", "Send the message when the file is ready, or take the file out.");

    public static Error ImageNotThere(string name) => new(
        "chat.image_not_there", $"\"{name}\" is still on its way.", "Send the message when the image is there, or take it out.");

    public static Error NotKept() => new(
        "chat.not_kept", "This answer could not be saved.", "Copy it if you need it; check that the data folder has space, then regenerate it.");

    public static Error QuestionNotKept() => new(
        "chat.not_kept", "This message could not be saved, so it was not sent.", "Check that the data folder has space and may be written, then send it again.");

    public static Error Broken() => new(
        "chat.broken", "The answer stopped because of an internal error.", "Regenerate it; if it happens again, look the trace up in the log.");

    public static Error AnsweredElsewhere() => new(
        "chat.answered_elsewhere", "This conversation is being answered already, from another page.", "Wait until that answer has ended, or reload this page to see it.");

    public static Error TooManyAnswers(int limit) => new(
        "chat.too_many_answers", string.Create(CultureInfo.CurrentCulture, $"You have {limit:N0} answers on their way, which is the most at a time."), "Wait for one to end, or stop one.");

    public static Error AnswerTooLong(int limit) => new(
        "chat.answer_too_long",
        string.Create(CultureInfo.CurrentCulture, $"The answer was ended at {limit:N0} characters: the model did not stop by itself."),
        "Set a limit for the length of answers, or ask for less at once.");
}
