#!/usr/bin/env bash
# Kills (-9) a busy program, and the recorder of one, at random moments, 200 times each or as often as is asked, and holds every trace against
# what the program's threads wrote of themselves. Prints a table; the last line is the verdict. Usage: tests/stress/kill.sh [--rounds N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
rounds=200
while [ $# -gt 0 ]; do
    case $1 in
        --rounds) rounds=${2:?--rounds wants a number}; shift 2 ;;
        *) echo "usage: tests/stress/kill.sh [--rounds N]" >&2; exit 64 ;;
    esac
done

tests/prerequisites.sh
./viztrace --version >/dev/null
project=tests/VizTrace.EndToEnd.Tests/VizTrace.EndToEnd.Tests.csproj
dotnet build "$project" -nodeReuse:false -v quiet --nologo >/dev/null
table=$(mktemp)
trap 'rm -f "$table"' EXIT
code=0
VIZTRACE_KILL_ROUNDS=$rounds VIZTRACE_STRESS_TABLE=$table \
    dotnet test "$project" --no-build --nologo --filter FullyQualifiedName~KillRoundTests || code=$?
{
    echo 'killed|rounds|whole|before any call was due|calls due, all there|oldest missing, ms before'
    cat "$table"
} | column -t -s '|'
[ "$code" -eq 0 ] && echo "all well" || echo "something is wrong: see above"
exit "$code"
