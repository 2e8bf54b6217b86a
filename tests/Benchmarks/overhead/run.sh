#!/usr/bin/env bash
# Prints the table of what recording costs on this machine: medians of several rounds, plain and recorded runs taking turns.
# Nothing is asserted. Usage: run.sh [--quick]   (quick: one small round of everything, to see that it works)
# Environment: ROUNDS (5), CALLS_MILLIONS (100) of the memory figure, WORK (a folder on the disk to be measured).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
rounds=${ROUNDS:-5} fib=30 fibs=5 millions=${CALLS_MILLIONS:-100} starts=15
if [ "${1:-}" = --quick ]; then rounds=1 fib=22 fibs=2 millions=2 starts=2; fi
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/viztrace-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

"$root/viztrace" --version >&2
viztrace=$root/artifacts/viztrace/viztrace
for program in Fib Hello; do
    dotnet build "$root/tests/Programs/$program" -c Release -v q -nologo -nodeReuse:false >&2
done
fib_dll=$root/artifacts/bin/Fib/release/Fib.dll hello_dll=$root/artifacts/bin/Hello/release/Hello.dll
sdk=$(dotnet --list-sdks | sed -n 's/^\([^ ]*\) \[\(.*\)\]$/\2\/\1/p' | tail -1)
framework=$(dotnet --list-runtimes | sed -n 's/^Microsoft.NETCore.App \([^ ]*\) \[\(.*\)\]$/\2\/\1/p' | tail -1)

note() { echo "$*" >&2; }
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR == 0) print "nan"; else if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
field() { awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) print $(i + 1) }'; }
record() { rm -rf out.pftrace out.pftrace.capture; "$viztrace" run --quiet -o out.pftrace "$@"; }
seconds() { local start=$EPOCHREALTIME; "$@" >/dev/null; awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# Added nanoseconds per pair, as a multiple of two rdtsc in the recorded run itself. Arguments: name, threads, options of run.
declare -A added
added_of() {
    local name=$1 threads=$2; shift 2
    local plain recorded
    plain=$(dotnet "$fib_dll" "$threads" "$fib" "$fibs")
    recorded=$("$viztrace" run --quiet -o out.pftrace "$@" -- dotnet "$fib_dll" "$threads" "$fib" "$fibs")
    rm -f out.pftrace
    local p r two
    p=$(field ns_per_call <<<"$plain") r=$(field ns_per_call <<<"$recorded") two=$(field two_rdtsc <<<"$recorded")
    note "$name: plain $p ns, recorded $r ns, two rdtsc $two ns"
    added[$name]+="$(awk -v p="$p" -v r="$r" -v t="$two" 'BEGIN { print (r - p) / t }')"$'\n'
    added[$name.ns]+="$(awk -v p="$p" -v r="$r" 'BEGIN { print r - p }')"$'\n'
}
for ((i = 0; i < rounds; i++)); do
    added_of one 1
    added_of two 2
    VIZTRACE_PROBE=portable added_of portable 1
    added_of rules 1 --ignore-thread 'Nobody*' --ignore-function 'Nothing.*'
    added_of short 1 --min-duration 1s
    added_of long 1 --min-duration 1ns
    added_of subtree 1 --ignore-function 'Fib.Program.Run.*'
    added_of thread 1 --ignore-thread 'role:user'
done
# A median, and the best round: the one in which the machine's other users disturbed least.
figure() { printf '%.2f (%.1f ns; best %.2f)' "$(printf %s "${added[$1]}" | median)" "$(printf %s "${added[$1.ns]}" | median)" "$(printf %s "${added[$1]}" | sort -g | head -1)"; }

# Start to end on the wall. Arguments: times, then the command.
walls() {
    local times=$1; shift
    local plain="" recorded=""
    "$@" >/dev/null
    for ((i = 0; i < times; i++)); do
        plain+=$(seconds "$@")$'\n'
        recorded+=$(seconds record -- "$@")$'\n'
    done
    plain=$(printf %s "$plain" | median) recorded=$(printf %s "$recorded" | median)
    printf '%s (%.0f / %.0f ms)' "$(ratio "$recorded" "$plain")" "$(awk -v x="$recorded" 'BEGIN { print x * 1000 }')" "$(awk -v x="$plain" 'BEGIN { print x * 1000 }')"
}
hello=$(walls "$starts" dotnet "$hello_dll")
note "hello: $hello"
cat > small.cs <<'CS'
using System;
public record Item(string Name, int Count);
public static class Program
{
    public static void Main()
    {
        for (int i = 0; i < 10; i++)
            Console.WriteLine(new Item($"item {i}", i) switch { { Count: > 5 } many => $"many {many}", var one => one.Name });
    }
}
CS
csc=(dotnet exec "$sdk/Roslyn/bincore/csc.dll" /nologo /deterministic /langversion:latest /out:small.dll)
for reference in System.Private.CoreLib System.Runtime System.Console; do csc+=("/r:$framework/$reference.dll"); done
compile=$(walls "$((rounds * 2))" "${csc[@]}" small.cs)
note "csc: $compile"

# Conversion on one core.
rates="" sizes=""
record --keep-capture -- dotnet "$fib_dll" 2 "$fib" "$fibs" >&2
slices=$("$viztrace" info out.pftrace --json | sed -n 's/.*"slices": *\([0-9]*\).*/\1/p' | head -1)
for ((i = 0; i < rounds; i++)); do
    rm -f again.pftrace
    took=$(seconds taskset -c 0 "$viztrace" convert --quiet out.pftrace.capture -o again.pftrace)
    rates+=$(awk -v n="$slices" -v s="$took" 'BEGIN { print n / s / 1e6 }')$'\n'
    sizes+=$(awk -v n="$slices" -v b="$(stat -c %s again.pftrace)" 'BEGIN { print b / n }')$'\n'
done
rate=$(printf %s "$rates" | median) size=$(printf %s "$sizes" | median)
note "conversion: $rate M slices/s, $size bytes a slice"
record -- "${csc[@]}" small.cs >/dev/null
csc_size=$(awk -v n="$("$viztrace" info out.pftrace --json | sed -n 's/.*"slices": *\([0-9]*\).*/\1/p' | head -1)" -v b="$(stat -c %s out.pftrace)" 'BEGIN { printf "%.2f", b / n }')

# Peak memory: the kernel's own high-water mark, read until the process is gone.
record --keep-capture -- dotnet "$fib_dll" 1 30 "$(((millions * 1000000 + 2692536) / 2692537))" >&2
"$viztrace" convert --quiet out.pftrace.capture -o again.pftrace & converter=$!
peak=0
while now=$(sed -n 's/^VmHWM:[ \t]*\([0-9]*\) kB/\1/p' "/proc/$converter/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    sleep 0.01
done
wait "$converter"
peak=$(awk -v k="$peak" 'BEGIN { printf "%.0f", k * 1024 / 1e6 }')

cat <<TABLE
Measured $(date -u +%Y-%m-%d) on $(nproc) x $(sed -n 's/^model name[ \t]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r), .NET $(basename "$framework"); medians of $rounds rounds.

| figure | bar | aim | measured |
| --- | --- | --- | --- |
| added per enter+leave pair, fib($fib) x $fibs, 1 thread, in units of two rdtsc | 1.6 | 1.15 | $(figure one) |
| the same, 2 threads at once | 3 | 1.6 | $(figure two) |
| the portable probe, 1 thread | 1.8 | 1.2 | $(figure portable) |
| the same with ignore rules that meet nothing | 1.8 | 1.2 | $(figure rules) |
| the same with --min-duration and calls below it | 1.8 | 1.2 | $(figure short) |
| the same with --min-duration and calls above it | - | - | $(figure long) |
| an ignored subtree's, ns per pair | 4 | 2 | $(figure subtree) |
| an ignored thread's, ns per pair | 4 | 2 | $(figure thread) |
| hello, recorded / plain | 4 | 2 | $hello |
| csc on one small file, recorded / plain | 6 | 3 | $compile |
| capture to .pftrace, million slices a second on one core | 4 | 10 | $(printf %.1f "$rate") |
| bytes per slice in the .pftrace (fib / csc) | 6 | 4 | $(printf %.2f "$size") / $csc_size |
| peak memory converting $millions M calls | 300 MB | 100 MB | $peak MB |
TABLE
