#!/usr/bin/env bash
# Prints what filtering, converting and shrinking traces of other tools takes on this machine: MB of input a second, peak memory, and the naive
# way beside them. Files are made by the generator in this folder, from a seed. Nothing is asserted.
# Usage: run.sh [--quick]    Environment: SIZE (bytes of each input, 2000000000), NAIVE (bytes of the naive way's input, 300000000),
# ROUNDS (3), WORK (a folder with room for three times SIZE).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
size=${SIZE:-2000000000} naive=${NAIVE:-300000000} rounds=${ROUNDS:-3}
if [ "${1:-}" = --quick ]; then size=20000000 naive=5000000 rounds=1; fi
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/viztrace-traces-XXXXXX")
trap 'rm -rf "$work"' EXIT

"$root/viztrace" --version >&2
viztrace=$root/artifacts/viztrace/viztrace
dotnet build "$root/tests/Benchmarks/traces/VizTrace.Traces.Benchmarks" -c Release -v q -nologo -nodeReuse:false >&2
generator=$root/artifacts/bin/VizTrace.Traces.Benchmarks/release/VizTrace.Traces.Benchmarks.dll
for kind in json pftrace; do
    dotnet "$generator" generate "$kind" "$size" "$work/big.$kind" 1 >&2
    dotnet "$generator" generate "$kind" "$naive" "$work/small.$kind" 1 >&2
done
cd "$work"

# Best of the rounds, and the most memory of any: "MB/s peak-MB". A line a round goes to stderr.
measure() {
    local name=$1 input=$2; shift 2
    local bytes best=0 most=0
    bytes=$(stat -c %s "$input")
    for _ in $(seq "$rounds"); do
        rm -f out.*
        local result
        result=$({ /usr/bin/env time -f '%e %M' "$@" >/dev/null; } 2>&1 | tail -1)
        local seconds=${result% *} kilobytes=${result#* }
        best=$(awk -v b="$best" -v n="$bytes" -v s="$seconds" 'BEGIN { r = n / 1e6 / s; print (r > b ? r : b) }')
        if [ "$kilobytes" -gt "$most" ]; then most=$kilobytes; fi
        echo "$name: $seconds s, $((kilobytes / 1024)) MB" >&2
    done
    awk -v name="$name" -v rate="$best" -v kb="$most" 'BEGIN { printf "| %s | %.0f | %.0f |\n", name, rate, kb / 1024 }' >>rows
}

# The whole command is held to one core.
core=(taskset -c 0)
measure 'JSON, one core: drop a thread, calls of 2 us at least' big.json "${core[@]}" "$viztrace" filter big.json -o out.json --quiet --drop-thread 'Worker 1' --min-duration 2us
measure 'JSON, drop a thread' big.json "$viztrace" filter big.json -o out.json --quiet --drop-thread 'Worker 1'
measure 'JSON, drop a function and all below it' big.json "$viztrace" filter big.json -o out.json --quiet --drop-function '*Poll*'
measure 'Perfetto, drop a thread' big.pftrace "$viztrace" filter big.pftrace -o out.pftrace --quiet --drop-thread 'Worker 1'
measure 'Perfetto, one core: drop a thread' big.pftrace "${core[@]}" "$viztrace" filter big.pftrace -o out.pftrace --quiet --drop-thread 'Worker 1'
measure 'Perfetto, calls of 2 us at least' big.pftrace "$viztrace" filter big.pftrace -o out.pftrace --quiet --min-duration 2us
measure 'JSON to Perfetto' big.json "$viztrace" convert big.json -o out.pftrace --quiet
measure 'Perfetto to JSON' big.pftrace "$viztrace" convert big.pftrace -o out.json --quiet
measure 'JSON, shrink to 50 MB' big.json "$viztrace" shrink big.json -o out.json --quiet --max-size 50MB
measure 'Perfetto, shrink to 50 MB' big.pftrace "$viztrace" shrink big.pftrace -o out.pftrace --quiet --max-size 50MB
measure 'naive: JsonDocument, drop a thread' small.json dotnet "$generator" naive json small.json
measure 'naive: Trace.Parser.ParseFrom, drop a thread' small.pftrace dotnet "$generator" naive pftrace small.pftrace

echo
echo "Measured $(date -u +%Y-%m-%d) on $(nproc) x $(sed -n 's/^model name[ \t]*: //p' /proc/cpuinfo | head -1); inputs of $((size / 1000000)) MB, the naive ones of $((naive / 1000000)) MB; best of $rounds."
echo
echo '| what | MB of input a second | peak memory, MB |'
echo '| --- | --- | --- |'
cat rows
