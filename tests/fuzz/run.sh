#!/usr/bin/env bash
# Damages real traces in every way that it knows and puts them through readers, filters and writers: no crash, no hang, no memory beyond the
# limit. Usage: run.sh [--minutes N] [FILE...]   (10 minutes; without files: a trace of node's, one of ours in both formats). The last line
# is the verdict. SEED=N begins elsewhere.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
minutes=10
if [ "${1:-}" = --minutes ]; then minutes=$2; shift 2; fi
work=$(mktemp -d "${TMPDIR:-/tmp}/viztrace-fuzz-XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ $# -eq 0 ]; then
    (cd "$work" && echo 'require("fs").readFileSync(process.argv[1])' >p.js && node --trace-event-categories node,node.fs.sync,v8,node.async_hooks p.js && mv node_trace.1.log node.json)
    dotnet build "$root/examples/HelloThreads" -v q -nologo -nodeReuse:false >&2
    "$root/viztrace" run --quiet -o "$work/ours.pftrace" -- dotnet "$root/artifacts/bin/HelloThreads/debug/HelloThreads.dll" >/dev/null
    "$root/viztrace" convert "$work/ours.pftrace" -o "$work/ours.json" --quiet
    "$root/viztrace" convert "$work/node.json" -o "$work/plain.pftrace" --no-compress --quiet
    set -- "$work/node.json" "$work/ours.pftrace" "$work/ours.json" "$work/plain.pftrace"
    for more in "$root"/tests/Corpus/*.nettrace; do [ ! -e "$more" ] || set -- "$@" "$more"; done
fi
dotnet build "$root/tests/fuzz/VizTrace.Fuzz" -c Release -v q -nologo -nodeReuse:false >&2
if dotnet "$root/artifacts/bin/VizTrace.Fuzz/release/VizTrace.Fuzz.dll" "$((minutes * 60))" "${SEED:-$RANDOM}" "$@"; then echo "all well"; else echo "something is wrong: see above"; exit 1; fi
