using System.Collections;

namespace VizTrace.Profiler.Tests.Naming.Samples;

/// <summary>One of each thing for which the compiler makes up names. Never run; <see cref="ReadableNameTests"/> reads it by reflection.</summary>
internal sealed class Shelf<T> : IEnumerable<T>, IDisposable
{
    private readonly List<T> _items = [];

    public int Size => _items.Sum(item => item is null ? 0 : 1);

    public int Count<U>(U like, int times)
    {
        // One lambda that captures and one that does not, in a generic method of a generic type.
        int captured = _items.Count(item => Equals(item, like) && times > 0);
        int plain = _items.Count(item => item is U);
        return Twice(captured) + plain;

        static int Twice(int value) => value * 2;
    }

    public async Task<int> LoadAsync(int times)
    {
        Func<Task<int>> load = async () =>
        {
            await Task.Yield();
            return times;
        };
        await Later();
        return await load();

        static async Task Later() => await Task.Yield();
    }

    IEnumerator<T> IEnumerable<T>.GetEnumerator()
    {
        foreach (T item in _items)
            yield return item;
    }

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    void IDisposable.Dispose() => _items.Clear();

    internal sealed class Box
    {
        public void Put<U>(U value) => Hidden.Peek(value);

        public async Task PutAsync<U>(U value)
        {
            await Task.Yield();
            Put(value);
        }
    }
}

file static class Hidden
{
    public static object? Peek(object? value) => value;
}
