using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using MistralStudio.Core.Ids;

namespace MistralStudio.Data.Storage;

/// <summary>Stores an id struct as the <see cref="Guid"/> that it wraps.</summary>
internal sealed class EntityIdConverter<TId>() : ValueConverter<TId, Guid>(id => Unwrap(id), value => Wrap(value))
    where TId : struct, IEntityId<TId>
{
    // An expression tree cannot hold a static abstract call itself.
    private static TId Wrap(Guid value) => TId.From(value);

    private static Guid Unwrap(TId id) => id.Value;
}

/// <summary>Gives every id of Core its converter.</summary>
internal static class EntityIdConvention
{
    /// <summary>The id structs of Core.</summary>
    public static IEnumerable<Type> IdTypes => typeof(WorkspaceId).Assembly.GetTypes().Where(type => type.IsValueType
        && type.GetInterfaces().Any(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEntityId<>)));

    public static void UseEntityIds(this ModelConfigurationBuilder conventions)
    {
        foreach (var id in IdTypes)
        {
            conventions.Properties(id).HaveConversion(typeof(EntityIdConverter<>).MakeGenericType(id));
        }
    }
}
