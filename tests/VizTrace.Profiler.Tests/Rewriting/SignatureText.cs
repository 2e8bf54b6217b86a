using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>Turns signatures into text, so that two of them can be compared without any code of ours that parses them.</summary>
internal sealed class SignatureText : ISignatureTypeProvider<string, object?>
{
    public static readonly SignatureText Instance = new();

    private const string ModifierEnd = ")~";

    /// <summary>Modifiers are written <c>mod(type)~</c> before what they modify.</summary>
    public static string WithoutLeadingModifiers(string type)
    {
        while (type.StartsWith("mod(", StringComparison.Ordinal))
            type = type[(type.IndexOf(ModifierEnd, StringComparison.Ordinal) + ModifierEnd.Length)..];
        return type;
    }

    public string GetArrayType(string elementType, ArrayShape shape) =>
        $"{elementType}[{shape.Rank};{string.Join(',', shape.Sizes)};{string.Join(',', shape.LowerBounds)}]";

    public string GetByReferenceType(string elementType) => $"ref {elementType}";

    public string GetFunctionPointerType(MethodSignature<string> signature) =>
        $"fn {signature.Header} {signature.ReturnType}({string.Join(',', signature.ParameterTypes)};{signature.RequiredParameterCount})";

    public string GetGenericInstantiation(string genericType, ImmutableArray<string> typeArguments) => $"{genericType}<{string.Join(',', typeArguments)}>";

    public string GetGenericMethodParameter(object? genericContext, int index) => $"!!{index}";

    public string GetGenericTypeParameter(object? genericContext, int index) => $"!{index}";

    public string GetModifiedType(string modifier, string unmodifiedType, bool isRequired) => $"mod({isRequired}{modifier}{ModifierEnd}{unmodifiedType}";

    public string GetPinnedType(string elementType) => $"pinned {elementType}";

    public string GetPointerType(string elementType) => $"{elementType}*";

    public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

    public string GetSZArrayType(string elementType) => $"{elementType}[]";

    public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => $"def{MetadataTokens.GetToken(handle):X8}";

    public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => $"ref{MetadataTokens.GetToken(handle):X8}";

    public string GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        $"spec{MetadataTokens.GetToken(handle):X8}";
}
