using System.Buffers;
using System.Runtime.CompilerServices;

namespace VizTrace.Records;

/// <summary>
/// From the names in metadata to the names that the programmer wrote. The forms that come out:
/// <code>
/// Shop.Cart.Add                 a method, as it is; also Shop.Cart..ctor, Shop.Cart..cctor, Shop.Cart.get_Count
/// Shop.List&lt;T&gt;.Node.Map&lt;U&gt;     generics with the names of their parameters, nested types with dots
/// Shop.Cart.AddAsync            MoveNext of its state machine; iterators likewise
/// Shop.Cart.Add.lambda#3_0      a lambda of Add; 3 is the number the compiler gave Add, 0 the lambda's within it
/// Shop.Cart.Add.Check           a local function
/// Shop.Cart.IDisposable.Dispose an explicit implementation
/// Program.Main                  top-level statements
/// </code>
/// Anything not understood stays as it is in metadata. Thread-safe.
/// </summary>
internal static class ReadableName
{
    private const int OnStack = 512;

    private static readonly SearchValues<char> s_typeMarks = SearchValues.Create("<`+$@");
    private static readonly SearchValues<char> s_methodMarks = SearchValues.Create("<|.$@");

    /// <summary>
    /// <c>Namespace.Type.Method</c> for a CLR type name (<c>Ns.Outer+Inner`1</c>) and method name; state machines, lambdas, local functions
    /// and the like under the name of the method they stem from. <paramref name="typeParameters"/> (of the innermost type: the outer ones'
    /// come first) and <paramref name="methodParameters"/> are comma-separated names of generic parameters, or empty.
    /// </summary>
    public static string Of(string type, string method, string typeParameters, string methodParameters)
    {
        if (methodParameters.Length == 0 && !type.AsSpan().ContainsAny(s_typeMarks)
            && (!method.AsSpan().ContainsAny(s_methodMarks) || method is ".ctor" or ".cctor"))
            return string.Concat(type, ".", method);

        var writer = new Writer(stackalloc char[OnStack], typeParameters);
        writer.Types(type);
        writer.Method(method);
        writer.Parameters(methodParameters);
        return writer.Finish();
    }

    /// <summary>Index behind the bracket that closes the one at the start of <paramref name="name"/>; 0 when there is none.</summary>
    private static int AfterBracket(ReadOnlySpan<char> name)
    {
        int depth = 0;
        for (int i = 0; i < name.Length; i++)
        {
            depth += name[i] switch { '<' => 1, '>' => -1, _ => 0 };
            if (depth == 0)
                return i == 0 ? 0 : i + 1;
        }

        return 0;
    }

    /// <summary>Index of a character outside all brackets, or -1.</summary>
    private static int Outside(ReadOnlySpan<char> name, char wanted, bool last)
    {
        if (!name.Contains('<'))
            return last ? name.LastIndexOf(wanted) : name.IndexOf(wanted);
        int depth = 0, found = -1;
        for (int i = 0; i < name.Length; i++)
        {
            depth += name[i] switch { '<' => 1, '>' => -1, _ => 0 };
            if (depth == 0 && name[i] == wanted)
            {
                found = i;
                if (!last)
                    break;
            }
        }

        return found;
    }

    /// <summary>Writes one name from left to right.</summary>
    private ref struct Writer
    {
        private DefaultInterpolatedStringHandler _text;
        private ReadOnlySpan<char> _typeParameters;
        private ReadOnlySpan<char> _closureParameters;
        private ReadOnlySpan<char> _closureNumber;
        private string _separator;
        private bool _standsForMethod;
        private bool _inClosure;

        public Writer(Span<char> buffer, ReadOnlySpan<char> typeParameters)
        {
            _text = new DefaultInterpolatedStringHandler(0, 0, null, buffer);
            _typeParameters = typeParameters;
            _closureParameters = default;
            _closureNumber = default;
            _separator = "";
            _standsForMethod = false;
            _inClosure = false;
        }

        public string Finish() => _text.ToStringAndClear();

        /// <summary>The type and those it is nested in.</summary>
        public void Types(ReadOnlySpan<char> type)
        {
            int plus = Outside(type, '+', last: false);
            int nameStart = Outside(plus < 0 ? type : type[..plus], '.', last: true) + 1;
            _text.AppendFormatted(type[..nameStart]);
            OneType(type[nameStart..(plus < 0 ? type.Length : plus)]);
            while (plus >= 0)
            {
                type = type[(plus + 1)..];
                plus = Outside(type, '+', last: false);
                _separator = ".";
                OneType(plus < 0 ? type : type[..plus]);
            }
        }

        /// <summary>The method; nothing when the type stood for it (MoveNext of a state machine).</summary>
        public void Method(ReadOnlySpan<char> method)
        {
            if (_standsForMethod && (method is "MoveNext" or "Invoke" or "GenerateNext"))
                return;
            if (_inClosure && !method.StartsWith("<"))
                _text.AppendLiteral(".closure");
            _text.AppendLiteral(".");
            Member(method, method: true);
        }

        /// <summary><c>&lt;T,U&gt;</c>, or nothing.</summary>
        public void Parameters(ReadOnlySpan<char> names)
        {
            if (names.IsEmpty)
                return;
            _text.AppendLiteral("<");
            _text.AppendFormatted(names);
            _text.AppendLiteral(">");
        }

        private void OneType(ReadOnlySpan<char> type)
        {
            ReadOnlySpan<char> name = type, parameters = default;
            int tick = type.LastIndexOf('`');
            if (tick >= 0 && int.TryParse(type[(tick + 1)..], out int arity) && TryTake(arity, out parameters))
                name = type[..tick];
            _inClosure = name.StartsWith("<>c") && (name.Length == 3 || name[3] == '_');
            if (_inClosure)
            {
                Closure(name, parameters);
                return;
            }

            _text.AppendLiteral(_separator);
            if (name.StartsWith("<>f__AnonymousType"))
            {
                _text.AppendLiteral("AnonymousType#");
                _text.AppendFormatted(name["<>f__AnonymousType".Length..]);
                return;
            }

            Member(name, method: false);
            Parameters(parameters);
        }

        /// <summary>A class that holds lambdas and what they capture: not in their names.</summary>
        private void Closure(ReadOnlySpan<char> name, ReadOnlySpan<char> parameters)
        {
            const string DisplayClass = "<>c__DisplayClass";
            _closureParameters = parameters;
            _closureNumber = name.StartsWith(DisplayClass) ? name[DisplayClass.Length..] : default;
            int end = _closureNumber.IndexOf('_');
            if (end >= 0)
                _closureNumber = _closureNumber[..end];
        }

        /// <summary>The name of a method, or of a type that stands for one.</summary>
        private void Member(ReadOnlySpan<char> name, bool method)
        {
            int after = name.StartsWith("<") ? AfterBracket(name) : 0;
            if (after > 0)
                Generated(name, name[1..(after - 1)], name[after..], method);
            else if (!method && name.Contains('@'))
                FunctionObject(name);
            else if (name.StartsWith("VB$StateMachine_"))
                VisualBasicStateMachine(name["VB$StateMachine_".Length..]);
            else if (name.StartsWith("_Closure$__"))
                Numbered("closure#", name["_Closure$__".Length..]);
            else if (name.StartsWith("_Lambda$__"))
                Numbered("lambda#", name["_Lambda$__".Length..]);
            else if (method)
                Written(name);
            else
                _text.AppendFormatted(name);
        }

        /// <summary>C#'s <c>&lt;original&gt;rest</c>.</summary>
        private void Generated(ReadOnlySpan<char> whole, ReadOnlySpan<char> original, ReadOnlySpan<char> rest, bool method)
        {
            int bar = rest.IndexOf('|');
            int nameEnd = rest.IndexOf("__");
            if (original.IsEmpty && rest.StartsWith("m__Finally"))
            {
                Numbered("finally#", rest["m__Finally".Length..]);
            }
            else if (original.IsEmpty || (rest.IsEmpty && !method))
            {
                _text.AppendFormatted(whole);
            }
            else if (rest.IsEmpty || rest is "$")
            {
                Member(original, method: true);
            }
            else if (!method && rest[0] == 'd' && (rest.Length == 1 || rest[1] == '_'))
            {
                Member(original, method: true);
                _standsForMethod = true;
            }
            else if (rest.StartsWith("b__"))
            {
                Origin(original);
                _text.AppendLiteral(".lambda#");
                ReadOnlySpan<char> number = rest["b__".Length..];
                if (!number.Contains('_') && !_closureNumber.IsEmpty)
                    Numbered(_closureNumber, "_");
                _text.AppendFormatted(number);
            }
            else if (rest.StartsWith("g__") && bar > 0)
            {
                Origin(original);
                _text.AppendLiteral(".");
                _text.AppendFormatted(rest["g__".Length..bar]);
            }
            else if (!method && rest[0] == 'F' && nameEnd > 0)
            {
                // A file-local type: file name, hash, and its own name.
                _text.AppendFormatted(rest[(nameEnd + 2)..]);
            }
            else
            {
                _text.AppendFormatted(whole);
            }
        }

        /// <summary>The method that a lambda or local function stands in; its type parameters are the closure's.</summary>
        private void Origin(ReadOnlySpan<char> original)
        {
            Member(original, method: true);
            Parameters(_closureParameters);
            _closureParameters = default;
        }

        /// <summary>F#'s closures and sequences, <c>name@line</c>: the type is the function.</summary>
        private void FunctionObject(ReadOnlySpan<char> name)
        {
            int at = name.LastIndexOf('@');
            _standsForMethod = at + 1 < name.Length && char.IsAsciiDigit(name[at + 1]);
            if (_standsForMethod && name[..at] is "clo")
                Numbered("closure", name[at..]);
            else
                _text.AppendFormatted(name);
        }

        /// <summary>Visual Basic: <c>VB$StateMachine_3_AddAsync</c>, or a lambda's name behind the first underscore.</summary>
        private void VisualBasicStateMachine(ReadOnlySpan<char> rest)
        {
            int digits = 0;
            while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
                digits++;
            Member(digits > 0 && digits < rest.Length ? rest[(digits + 1)..] : rest, method: true);
            _standsForMethod = true;
        }

        private void Numbered(ReadOnlySpan<char> what, ReadOnlySpan<char> number)
        {
            _text.AppendFormatted(what);
            _text.AppendFormatted(number);
        }

        /// <summary>A name as it stands in the source; of an explicitly implemented interface only its own name, not its namespace.</summary>
        private void Written(ReadOnlySpan<char> name)
        {
            // In the names of state machines the dots are written as dashes.
            char dot = name.Contains('-') && !name.Contains('.') ? '-' : '.';
            int last = Outside(name, dot, last: true);
            if (last > 0)
                name = name[(Outside(name[..last], dot, last: true) + 1)..];
            for (int dash = dot == '-' ? name.IndexOf('-') : -1; dash >= 0; dash = name.IndexOf('-'))
            {
                _text.AppendFormatted(name[..dash]);
                _text.AppendLiteral(".");
                name = name[(dash + 1)..];
            }

            _text.AppendFormatted(name);
        }

        /// <summary>The next <paramref name="count"/> names of the type's generic parameters.</summary>
        private bool TryTake(int count, out ReadOnlySpan<char> names)
        {
            names = default;
            ReadOnlySpan<char> left = _typeParameters;
            int end = 0;
            for (int i = 0; i < count; i++)
            {
                if (end >= left.Length)
                    return false;
                int comma = left[end..].IndexOf(',');
                end = comma < 0 ? left.Length + 1 : end + comma + 1;
            }

            if (count > 0)
            {
                names = left[..(end - 1)];
                _typeParameters = end > left.Length ? default : left[end..];
            }

            return true;
        }
    }
}
