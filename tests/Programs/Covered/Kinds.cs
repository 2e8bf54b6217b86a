using System.Runtime.InteropServices;

namespace Covered
{
    /// <summary>Its methods are made by the runtime.</summary>
    internal delegate int Operation(int value);

    internal static class Shapes
    {
        public static int Area(int side) => side * side;

        public static int Area(int width, int height) => width * height;

        public static double Area(double radius) => radius * radius * 3;

        public static List<T> Twice<T>(T item) => [item, item];

        public static List<T> Thrice<T>(T item) => [item, item, item];
    }

    internal sealed class Box<T>(T item)
    {
        private T _item = item;

        public T Get() => _item;

        public void Set(T item) => _item = item;
    }

    internal static class Outer
    {
        public static class Inner
        {
            public static int Deep() => 6;

            public static int Shallow() => 7;
        }
    }

    internal abstract class Animal
    {
        public abstract int Speak();

        public sealed class Counted
        {
            public int Count { get; set; }

            public int Unused { get; set; }
        }
    }

    internal sealed class Dog : Animal
    {
        public override int Speak() => 8;
    }

    internal static class Native
    {
        [DllImport("libc", EntryPoint = "getpid")]
        public static extern int Own();

        [DllImport("libc", EntryPoint = "getppid")]
        public static extern int Parent();
    }

    /// <summary>To be excluded.</summary>
    internal static class Noise
    {
        public static int Loud() => 9;

        public static int Quiet() => 10;
    }
}

namespace Other
{
    /// <summary>Not to be included.</summary>
    internal static class Thing
    {
        public static int Used() => 11;

        public static int Unused() => 12;
    }
}
