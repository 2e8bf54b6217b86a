using System.Reflection.Metadata;
using VizTrace.Records;

namespace VizTrace.Profiler.Tests.Rewriting;

/// <summary>Readable names of the methods of one module; those of types are made once each.</summary>
internal sealed class MetadataNames(MetadataReader metadata)
{
    private TypeDefinitionHandle _last;
    private string _type = "", _parameters = "";

    public string Of(MethodDefinition method)
    {
        if (method.GetDeclaringType() != _last)
        {
            _last = method.GetDeclaringType();
            TypeDefinition type = metadata.GetTypeDefinition(_last);
            _type = FullName(type);
            _parameters = Parameters(type.GetGenericParameters());
        }

        return ReadableName.Of(_type, metadata.GetString(method.Name), _parameters, Parameters(method.GetGenericParameters()));
    }

    private string FullName(TypeDefinition type)
    {
        string name = metadata.GetString(type.Name);
        if (!type.GetDeclaringType().IsNil)
            return $"{FullName(metadata.GetTypeDefinition(type.GetDeclaringType()))}+{name}";
        return type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    private string Parameters(GenericParameterHandleCollection parameters) =>
        parameters.Count == 0 ? "" : string.Join(',', parameters.Select(p => metadata.GetString(metadata.GetGenericParameter(p).Name)));
}
