using System.Text;

namespace VizTrace.NetTrace.Payloads;

/// <summary>
/// Names and fields of the runtime's own events, which the file leaves out. From the runtime's manifest (ClrEtwAll.man); every field of the
/// latest version of an event, in order: earlier versions are shorter, and a payload that ends early gives the fields that it has.
/// </summary>
internal static class RuntimeEvents
{
    /// <summary>The runtime.</summary>
    public const string Runtime = "Microsoft-Windows-DotNETRuntime";

    /// <summary>What is told once more at the end of a session: names of methods and modules.</summary>
    public const string Rundown = "Microsoft-Windows-DotNETRuntimeRundown";

    /// <summary>The runtime's sampler.</summary>
    public const string Sampler = "Microsoft-DotNETCore-SampleProfiler";

    private const string Reasons = "AllocSmall|Induced|LowMemory|Empty|AllocLarge|OutOfSpaceSOH|OutOfSpaceLOH|InducedNotForced|Internal|InducedLowMemory|InducedCompacting|LowMemoryHost|PMFullGC|LowMemoryHostBlocking|BgcTuningSOH|BgcTuningLOH|BgcStepping|InducedAggressive";

    /// <summary>The event with this number; null: it is none of the runtime's, or not known here.</summary>
    public static (string Name, Field[] Fields)? Find(string provider, int id) => provider switch
    {
        Runtime when Specification(id) is { } known => Parse(known),
        Sampler when id == 0 => Parse("ThreadSample Type:u4=Error|External|Managed"),
        _ => null,
    };

    // Types: u1..u8 and i4 numbers, p address, s text, f8 real, b boolean, g guid.
    private static string? Specification(int id) => id switch
    {
        1 => "GCStart Count:u4,Depth:u4,Reason:u4=" + Reasons + ",Type:u4=NonConcurrent|Background|Foreground,ClrInstanceID:u2,ClientSequenceNumber:u8",
        2 => "GCEnd Count:u4,Depth:u4,ClrInstanceID:u2",
        3 => "GCRestartEEEnd ClrInstanceID:u2",
        4 => "GCHeapStats GenerationSize0:u8,TotalPromotedSize0:u8,GenerationSize1:u8,TotalPromotedSize1:u8,GenerationSize2:u8,TotalPromotedSize2:u8,GenerationSize3:u8,TotalPromotedSize3:u8,"
            + "FinalizationPromotedSize:u8,FinalizationPromotedCount:u8,PinnedObjectCount:u4,SinkBlockCount:u4,GCHandleCount:u4,ClrInstanceID:u2,GenerationSize4:u8,TotalPromotedSize4:u8",
        5 => "GCCreateSegment Address:p,Size:u8,Type:u4=SmallObjectHeap|LargeObjectHeap|ReadOnlyHeap|PinnedObjectHeap,ClrInstanceID:u2",
        6 => "GCFreeSegment Address:p,ClrInstanceID:u2",
        7 => "GCRestartEEBegin ClrInstanceID:u2",
        8 => "GCSuspendEEEnd ClrInstanceID:u2",
        9 => "GCSuspendEEBegin Reason:u4=Other|GC|AppDomainShutdown|CodePitching|Shutdown|Debugger|GCPrep|DebuggerSweep,Count:u4,ClrInstanceID:u2",
        10 => "GCAllocationTick AllocationAmount:u4,AllocationKind:u4=Small|Large|Pinned,ClrInstanceID:u2,AllocationAmount64:u8,TypeID:p,TypeName:s,HeapIndex:u4,Address:p,ObjectSize:u8",
        11 => "GCCreateConcurrentThread ClrInstanceID:u2",
        12 => "GCTerminateConcurrentThread ClrInstanceID:u2",
        13 => "GCFinalizersEnd Count:u4,ClrInstanceID:u2",
        14 => "GCFinalizersBegin ClrInstanceID:u2",
        29 => "FinalizeObject TypeID:p,ObjectID:p,ClrInstanceID:u2",
        33 => "PinObjectAtGCTime HandleID:p,ObjectID:p,ObjectSize:u8,TypeName:s,ClrInstanceID:u2",
        35 => "GCTriggered Reason:u4=" + Reasons + ",ClrInstanceID:u2",
        50 => "ThreadPoolWorkerThreadStart ActiveWorkerThreadCount:u4,RetiredWorkerThreadCount:u4,ClrInstanceID:u2",
        51 => "ThreadPoolWorkerThreadStop ActiveWorkerThreadCount:u4,RetiredWorkerThreadCount:u4,ClrInstanceID:u2",
        54 => "ThreadPoolWorkerThreadAdjustmentSample Throughput:f8,ClrInstanceID:u2",
        55 => "ThreadPoolWorkerThreadAdjustment AverageThroughput:f8,NewWorkerThreadCount:u4,Reason:u4=Warmup|Initializing|RandomMove|ClimbingMove|ChangePoint|Stabilizing|Starvation|ThreadTimedOut|CooperativeBlocking,ClrInstanceID:u2",
        56 => "ThreadPoolWorkerThreadAdjustmentStats Duration:f8,Throughput:f8,ThreadWave:f8,ThroughputWave:f8,ThroughputErrorEstimate:f8,AverageThroughputErrorEstimate:f8,ThroughputRatio:f8,Confidence:f8,NewControlSetting:f8,NewThreadWaveMagnitude:u2,ClrInstanceID:u2",
        57 => "ThreadPoolWorkerThreadWait ActiveWorkerThreadCount:u4,RetiredWorkerThreadCount:u4,ClrInstanceID:u2",
        59 => "ThreadPoolMinMaxThreads MinWorkerThreads:u2,MaxWorkerThreads:u2,MinIOCompletionThreads:u2,MaxIOCompletionThreads:u2,ClrInstanceID:u2",
        60 => "ThreadPoolWorkingThreadCount Count:u4,ClrInstanceID:u2",
        61 => "ThreadPoolEnqueue WorkID:p,ClrInstanceID:u2",
        62 => "ThreadPoolDequeue WorkID:p,ClrInstanceID:u2",
        63 => "ThreadPoolIOEnqueue NativeOverlapped:p,Overlapped:p,MultiDequeues:b,ClrInstanceID:u2",
        64 => "ThreadPoolIODequeue NativeOverlapped:p,Overlapped:p,ClrInstanceID:u2",
        70 => "ThreadCreating ID:p,ClrInstanceID:u2",
        71 => "ThreadRunning ID:p,ClrInstanceID:u2",
        72 => "MethodDetails MethodID:p,TypeID:p,MethodToken:u4,TypeParameterCount:u4,LoaderModuleID:p",
        73 => "TypeLoadStart TypeLoadStartID:u4,ClrInstanceID:u2",
        74 => "TypeLoadStop TypeLoadStartID:u4,ClrInstanceID:u2,LoadLevel:u2,TypeID:p,TypeName:s",
        80 => "ExceptionThrown ExceptionType:s,ExceptionMessage:s,ExceptionEIP:p,ExceptionHRESULT:u4,ExceptionFlags:u2,ClrInstanceID:u2",
        81 => "ContentionStart ContentionFlags:u1=Managed|Native,ClrInstanceID:u2,LockID:p,AssociatedObjectID:p,LockOwnerThreadID:u8",
        85 => "ThreadCreated ManagedThreadID:u8,AppDomainID:u8,Flags:u4,ManagedThreadIndex:u4,OSThreadID:u4,ClrInstanceID:u2",
        86 => "ThreadTerminated ManagedThreadID:u8,AppDomainID:u8,ClrInstanceID:u2",
        90 => "ContentionLockCreated LockID:p,AssociatedObjectID:p,ClrInstanceID:u2",
        91 => "ContentionStop ContentionFlags:u1=Managed|Native,ClrInstanceID:u2,DurationNs:f8",
        141 => "MethodLoad MethodID:u8,ModuleID:u8,MethodStartAddress:u8,MethodSize:u4,MethodToken:u4,MethodFlags:u4,ClrInstanceID:u2,ReJITID:u8",
        143 => "MethodLoadVerbose MethodID:u8,ModuleID:u8,MethodStartAddress:u8,MethodSize:u4,MethodToken:u4,MethodFlags:u4,MethodNamespace:s,MethodName:s,MethodSignature:s,ClrInstanceID:u2,ReJITID:u8,OptimizationTier:u1",
        144 => "MethodUnloadVerbose MethodID:u8,ModuleID:u8,MethodStartAddress:u8,MethodSize:u4,MethodToken:u4,MethodFlags:u4,MethodNamespace:s,MethodName:s,MethodSignature:s,ClrInstanceID:u2,ReJITID:u8",
        145 => "MethodJittingStarted MethodID:u8,ModuleID:u8,MethodToken:u4,MethodILSize:u4,MethodNamespace:s,MethodName:s,MethodSignature:s,ClrInstanceID:u2",
        146 => "MethodJitMemoryAllocatedForCode MethodID:u8,ModuleID:u8,JitHotCodeRequestSize:u8,JitRODataRequestSize:u8,AllocatedSizeForJitCode:u8,JitAllocFlag:u4,ClrInstanceID:u2",
        151 => "DomainModuleLoad ModuleID:u8,AssemblyID:u8,AppDomainID:u8,ModuleFlags:u4,Reserved1:u4,ModuleILPath:s,ModuleNativePath:s,ClrInstanceID:u2",
        152 => "ModuleLoad ModuleID:u8,AssemblyID:u8,ModuleFlags:u4,Reserved1:u4,ModuleILPath:s,ModuleNativePath:s,ClrInstanceID:u2,ManagedPdbSignature:g,ManagedPdbAge:u4,ManagedPdbBuildPath:s,NativePdbSignature:g,NativePdbAge:u4,NativePdbBuildPath:s",
        153 => "ModuleUnload ModuleID:u8,AssemblyID:u8,ModuleFlags:u4,Reserved1:u4,ModuleILPath:s,ModuleNativePath:s,ClrInstanceID:u2",
        154 => "AssemblyLoad AssemblyID:u8,AppDomainID:u8,BindingID:u8,AssemblyFlags:u4,FullyQualifiedAssemblyName:s,ClrInstanceID:u2",
        155 => "AssemblyUnload AssemblyID:u8,AppDomainID:u8,BindingID:u8,AssemblyFlags:u4,FullyQualifiedAssemblyName:s,ClrInstanceID:u2",
        156 => "AppDomainLoad AppDomainID:u8,AppDomainFlags:u4,AppDomainName:s,AppDomainIndex:u4,ClrInstanceID:u2",
        159 => "R2RGetEntryPoint MethodID:u8,MethodNamespace:s,MethodName:s,MethodSignature:s,EntryPoint:u8,ClrInstanceID:u2",
        160 => "R2RGetEntryPointStart MethodID:u8,ClrInstanceID:u2",
        187 => "RuntimeInformationStart ClrInstanceID:u2,Sku:u2=|Desktop|CoreClr,BclMajorVersion:u2,BclMinorVersion:u2,BclBuildNumber:u2,BclQfeNumber:u2,VMMajorVersion:u2,VMMinorVersion:u2,VMBuildNumber:u2,VMQfeNumber:u2,StartupFlags:u4,StartupMode:u1,CommandLine:s",
        190 => "MethodILToNativeMap MethodID:u8,ReJITID:u8,MethodExtent:u1",
        202 => "GCMarkWithType HeapNum:u4,ClrInstanceID:u2,Type:u4,Bytes:u8",
        203 => "GCJoin Heap:u4,JoinTime:u4,JoinType:u4,ClrInstanceID:u2,JoinID:u4",
        204 => "GCPerHeapHistory ClrInstanceID:u2,FreeListAllocated:p,FreeListRejected:p,EndOfSegAllocated:p,CondemnedAllocated:p,PinnedAllocated:p,PinnedAllocatedAdvance:p,RunningFreeListEfficiency:u4,CondemnReasons0:u4,CondemnReasons1:u4,CompactMechanisms:u4,ExpandMechanisms:u4,HeapIndex:u4,ExtraGen0Commit:p",
        205 => "GCGlobalHeapHistory FinalYoungestDesired:u8,NumHeaps:i4,CondemnedGeneration:u4,Gen0ReductionCount:u4,Reason:u4=" + Reasons + ",GlobalMechanisms:u4,ClrInstanceID:u2,PauseMode:u4,MemoryPressure:u4",
        39 => "GCDynamicEvent Name:s,DataSize:u4",
        58 => "YieldProcessorMeasurement ClrInstanceID:u2,NsPerYield:f8,EstablishedNsPerYield:f8",
        200 => "IncreaseMemoryPressure BytesAllocated:u8,ClrInstanceID:u2",
        201 => "DecreaseMemoryPressure BytesFreed:u8,ClrInstanceID:u2",
        250 => "ExceptionCatchStart EntryEIP:u8,MethodID:u8,MethodName:s,ClrInstanceID:u2",
        251 => "ExceptionCatchStop ",
        252 => "ExceptionFinallyStart EntryEIP:u8,MethodID:u8,MethodName:s,ClrInstanceID:u2",
        253 => "ExceptionFinallyStop ",
        254 => "ExceptionFilterStart EntryEIP:u8,MethodID:u8,MethodName:s,ClrInstanceID:u2",
        255 => "ExceptionFilterStop ",
        256 => "ExceptionThrownStop ",
        280 => "TieredCompilationSettings ClrInstanceID:u2,Flags:u4",
        281 => "TieredCompilationPause ClrInstanceID:u2",
        282 => "TieredCompilationResume ClrInstanceID:u2,NewMethodCount:u4",
        283 => "TieredCompilationBackgroundJitStart ClrInstanceID:u2,PendingMethodCount:u4",
        284 => "TieredCompilationBackgroundJitStop ClrInstanceID:u2,PendingMethodCount:u4,JittedMethodCount:u4",
        290 => "AssemblyLoadStart ClrInstanceID:u2,AssemblyName:s,AssemblyPath:s,RequestingAssembly:s,AssemblyLoadContext:s,RequestingAssemblyLoadContext:s",
        291 => "AssemblyLoadStop ClrInstanceID:u2,AssemblyName:s,AssemblyPath:s,RequestingAssembly:s,AssemblyLoadContext:s,RequestingAssemblyLoadContext:s,Success:b,ResultAssemblyName:s,ResultAssemblyPath:s,Cached:b",
        292 => "AssemblyResolutionAttempted ClrInstanceID:u2,AssemblyName:s,Stage:u2,AssemblyLoadContext:s,Result:u2,ResultAssemblyName:s,ResultAssemblyPath:s,ErrorMessage:s",
        296 => "KnownPathProbed ClrInstanceID:u2,FilePath:s,Source:u2,Result:i4",
        301 => "WaitHandleWaitStart WaitSource:u1=Unknown|MonitorWait,AssociatedObjectID:p,ClrInstanceID:u2",
        302 => "WaitHandleWaitStop ClrInstanceID:u2",
        303 => "AllocationSampled AllocationKind:u4=Small|Large|Pinned,ClrInstanceID:u2,TypeID:p,TypeName:s,Address:p,ObjectSize:u8,SampledByteOffset:u8",
        _ => null,
    };

    private static (string Name, Field[] Fields) Parse(string specification)
    {
        int blank = specification.IndexOf(' ', StringComparison.Ordinal);
        var fields = new List<Field>();
        foreach (string part in specification[(blank + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = part.IndexOf(':', StringComparison.Ordinal);
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            FieldCode code = part[(colon + 1)..(equals < 0 ? part.Length : equals)] switch
            {
                "u1" => FieldCode.Byte,
                "u2" => FieldCode.UInt16,
                "u4" => FieldCode.UInt32,
                "i4" => FieldCode.Int32,
                "u8" => FieldCode.UInt64,
                "f8" => FieldCode.Double,
                "p" => FieldCode.Pointer,
                "b" => FieldCode.Boolean,
                "g" => FieldCode.Guid,
                "s" => FieldCode.Text,
                string other => throw new InvalidOperationException($"no type of a field: {other}"),
            };
            fields.Add(new Field(Encoding.UTF8.GetBytes(part[..colon]), code)
            {
                Values = equals < 0 ? null : [.. part[(equals + 1)..].Split('|').Select(Encoding.UTF8.GetBytes)],
            });
        }

        return (specification[..blank], [.. fields]);
    }
}
