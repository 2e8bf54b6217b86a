#!/usr/bin/env bash
# Traces that other tools really write (Chromium in both formats, uftrace, node, dotnet-trace), filtered and converted, judged by Perfetto's
# trace processor: no import error that the input did not have, and exactly the dropped slices are gone. Installs the tools (apt-get, NuGet).
# Usage: run.sh [chromium-json|chromium-proto|uftrace|node|dotnet-trace ...]    The last line is the verdict.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/viztrace-foreign-XXXXXX")
trap 'rm -rf "$work"' EXIT
names=("$@")
if [ "${#names[@]}" -eq 0 ]; then names=(chromium-json chromium-proto uftrace node dotnet-trace); fi
"$root/viztrace" --version >&2 && "$root/tests/referee/install.sh" >&2 || exit 1
viztrace=$root/artifacts/viztrace/viztrace
cd "$work" || exit 1
install() { command -v "$1" >/dev/null || apt-get install -y -q "$2" >/dev/null; }
slices="select coalesce(slice.category, ''), coalesce(slice.name, ''), slice.ts, slice.dur, coalesce(thread.tid, -1) from slice left join thread_track on slice.track_id = thread_track.id left join thread using (utid) where slice.category is not 'viztrace'"

make_chromium() {
    install chromium chromium || return
    timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --enable-tracing='*' --trace-startup='*' \
        --trace-startup-format="$1" --trace-startup-duration=4 --trace-startup-file="$work/$2" --virtual-time-budget=5000 \
        --dump-dom 'data:text/html,<script>let s=0;for(let i=0;i<1e6;i++)s+=i;document.title=s</script>' >/dev/null 2>&1
    [ -s "$2" ]
}
make_chromium-json() { make_chromium json chromium-json.json; }
make_chromium-proto() { make_chromium proto chromium-proto.pftrace; }
make_uftrace() {
    install uftrace uftrace || return
    printf 'int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } int main(void) { return fib(15) == 610 ? 0 : 1; }' >fib.c
    gcc -pg -O0 fib.c -o fib && uftrace record -d uf ./fib && uftrace dump --chrome -d uf >uftrace.json
}
make_node() {
    echo 'for (let i = 0; i < 200; i++) require("fs").readFileSync(process.argv[1]); setTimeout(() => {}, 20);' >program.js
    node --trace-events-enabled --trace-event-categories node,node.fs.sync,v8,node.async_hooks program.js && mv node_trace.1.log node.json
}
make_dotnet-trace() {
    [ -x tools/dotnet-trace ] || dotnet tool install dotnet-trace --tool-path tools >/dev/null || return
    dotnet build "$root/tests/Programs/Fib" -c Release -v q -nologo -nodeReuse:false >&2 || return
    tools/dotnet-trace collect -o dotnet-trace.nettrace -- dotnet "$root/artifacts/bin/Fib/release/Fib.dll" 2 30 3 >/dev/null
}

# What a statement gives, or what went wrong at the import.
ask() { node "$root/tests/referee/perfetto-sql.mjs" "$1" -q "$2" --format csv; }
check() {
    local name=$1 input ending
    for input in "$name".json "$name".pftrace "$name".nettrace; do [ ! -e "$input" ] || break; done
    ending=.${input##*.}
    "$viztrace" info "$input" >"$name.info" || return
    if [ "$ending" = .nettrace ]; then ending=.pftrace; "$viztrace" convert "$input" -o "$name-all.pftrace" --quiet || return; input=$name-all.pftrace; fi
    # The category with most slices goes.
    local category
    category=$(ask "$input" "select category from slice where category not glob '*,*' and category != 'viztrace' group by 1 order by count(*) desc, 1 limit 1" | tail -n +2 | tr -d '"')
    if [ -z "$category" ]; then category=none; fi
    # An event of several categories goes with any of them.
    ask "$input" "$slices and ',' || coalesce(slice.category, '') || ',' not glob '*,$category,*' order by 3, 4, 2, 1, 5" >"$name.before" || return
    for to in .json .pftrace; do
        "$viztrace" filter "$input" -o "$name-out$to" --quiet --drop-category "$category" || return
        ask "$name-out$to" "$slices order by 3, 4, 2, 1, 5" >"$name.after" || return
        if [ "$to" = "$ending" ] && ! cmp -s "$name.before" "$name.after"; then
            echo "$name$to: without category $category other slices are there than in the input"; diff "$name.before" "$name.after" | head -5
            return 1
        fi
        echo "$name: $(stat -c %s "$input") bytes; without '$category' as $to: $(wc -l <"$name.after") rows of $(wc -l <"$name.before")"
    done
    "$viztrace" shrink "$input" -o "$name-small$ending" --quiet --max-size "$(($(stat -c %s "$input") / 4 + 2000))" || return
    ask "$name-small$ending" "select count(*) from slice" >/dev/null
}
failed=0
for name in "${names[@]}"; do
    if ! "make_$name" >"$name.log" 2>&1; then echo "$name: could not be made:"; tail -3 "$name.log"; failed=1; continue; fi
    check "$name" || { echo "$name: failed"; failed=1; }
done
[ "$failed" -eq 0 ] && echo "all well" || echo "something is wrong: see above"
exit "$failed"
