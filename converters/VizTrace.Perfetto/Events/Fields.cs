namespace VizTrace.Perfetto.Events;

// Numbers of the fields that are read and written without generated classes: those of google/perfetto protos/perfetto/trace/ (looked up
// there in August 2026). Units as the names say.
#pragma warning disable CA1720 // Names of the schema.

/// <summary>Fields of TracePacket.</summary>
internal static class PacketFields
{
    public const int FtraceEvents = 1;
    public const int ProcessTree = 2;
    public const int TrustedUid = 3;
    public const int ClockSnapshot = 6;
    public const int Timestamp = 8;
    public const int ProcessStats = 9;
    public const int SequenceId = 10;
    public const int TrackEvent = 11;
    public const int InternedData = 12;
    public const int SequenceFlags = 13;
    public const int StateCleared = 41;
    public const int PreviousDropped = 42;
    public const int ProcessDescriptor = 43;
    public const int ThreadDescriptor = 44;
    public const int Compressed = 50;
    public const int StreamingProfile = 54;
    public const int ClockId = 58;
    public const int Defaults = 59;
    public const int TrackDescriptor = 60;
    public const int PerfSample = 66;
    public const int TrustedPid = 79;
    public const int FirstOnSequence = 87;
    public const int MachineId = 98;
    public const int TaskState = 117;
    public const int ZstdCompressed = 133;
    public const int StackSample = 135;
}

/// <summary>Fields of TrackEvent.</summary>
internal static class EventFields
{
    public const int DeltaUs = 1;
    public const int ThreadTimeDeltaUs = 2;
    public const int CategoryIids = 3;
    public const int Annotations = 4;
    public const int Legacy = 6;
    public const int InstructionDelta = 8;
    public const int Type = 9;
    public const int NameIid = 10;
    public const int Track = 11;
    public const int ExtraValues = 12;
    public const int AbsoluteUs = 16;
    public const int Categories = 22;
    public const int Name = 23;
    public const int CounterValue = 30;
    public const int ExtraTracks = 31;
    public const int FlowsOld = 36;
    public const int EndingFlowsOld = 42;
    public const int DoubleCounterValue = 44;
    public const int ExtraDoubleTracks = 45;
    public const int ExtraDoubleValues = 46;
    public const int Flows = 47;
    public const int EndingFlows = 48;
    public const int Callstack = 55;
    public const int CallstackIid = 56;
}

/// <summary>Values of TrackEvent.type.</summary>
internal static class EventTypes
{
    public const int Begin = 1;
    public const int End = 2;
    public const int Instant = 3;
    public const int Counter = 4;
}

/// <summary>Fields of TrackEvent.LegacyEvent.</summary>
internal static class LegacyFields
{
    public const int NameIid = 1;
    public const int Phase = 2;
    public const int DurationUs = 3;
    public const int UnscopedId = 6;
    public const int IdScope = 7;
    public const int BindId = 8;
    public const int LocalId = 10;
    public const int GlobalId = 11;
    public const int BindToEnclosing = 12;
    public const int FlowDirection = 13;
    public const int InstantScope = 14;
    public const int Pid = 18;
    public const int Tid = 19;
}

/// <summary>Fields of DebugAnnotation.</summary>
internal static class AnnotationFields
{
    public const int NameIid = 1;
    public const int Bool = 2;
    public const int Uint = 3;
    public const int Int = 4;
    public const int Double = 5;
    public const int Text = 6;
    public const int Pointer = 7;
    public const int Nested = 8;
    public const int Json = 9;
    public const int Name = 10;
    public const int Dictionary = 11;
    public const int Array = 12;
    public const int TextIid = 17;
}

/// <summary>Fields of InternedData.</summary>
internal static class InternedFields
{
    public const int Categories = 1;
    public const int Names = 2;
    public const int AnnotationNames = 3;
    public const int FunctionNames = 5;
    public const int Frames = 6;
    public const int Callstacks = 7;
    public const int MappingPaths = 17;
    public const int Mappings = 19;
    public const int Texts = 29;
    public const int TaskContexts = 48;
}

/// <summary>Fields of FtraceEventBundle, FtraceEvent and what is in them.</summary>
internal static class FtraceFields
{
    public const int Event = 2;
    public const int CompactSched = 4;
    public const int Timestamp = 1;
    public const int Pid = 2;
    public const int Switch = 4;
    public const int Wakeup = 17;
    public const int BlockedReason = 18;
    public const int Waking = 20;
    public const int WakeupNew = 114;
    public const int NewTask = 235;
    public const int Rename = 236;
    public const int Exit = 238;
    public const int Free = 240;
    public const int SwitchPrevComm = 1;
    public const int SwitchPrevPid = 2;
    public const int SwitchPrevState = 4;
    public const int SwitchNextComm = 5;
    public const int SwitchNextPid = 6;
}
