namespace VizTrace.Records;

/// <summary>From the names in metadata to the names that the programmer wrote.</summary>
internal static class ReadableName
{
    /// <summary>
    /// <c>Namespace.Type.Method</c> for a CLR type name (<c>Ns.Outer+Inner`1</c>) and method name; state machines, lambdas, local functions
    /// and the like under the name of the method they stem from. <paramref name="typeParameters"/> and
    /// <paramref name="methodParameters"/> are comma-separated names of generic parameters, or empty.
    /// </summary>
    public static string Of(string type, string method, string typeParameters, string methodParameters) => type + "." + method;
}
