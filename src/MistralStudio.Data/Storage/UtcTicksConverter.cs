using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace MistralStudio.Data.Storage;

/// <summary>
/// Stores an instant as its UTC ticks (100 ns): SQLite has no type of its own for one, and a number sorts and compares in the database.
/// </summary>
internal sealed class UtcTicksConverter() : ValueConverter<DateTimeOffset, long>(
    instant => instant.UtcTicks,
    ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
