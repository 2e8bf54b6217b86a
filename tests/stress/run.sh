#!/usr/bin/env bash
# Strains the recorder: each case of tests/VizTrace.EndToEnd.Tests/Stress/StressCase.cs, or those that are named, for a minute or as long as
# is asked. Prints a table: calls that the programs counted, calls in their traces, records that the traces say were lost (two for a call).
# The last line is the verdict. Usage: tests/stress/run.sh [--seconds N] [NAME...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=60 names=()
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=${2:?--seconds wants a number}; shift 2 ;;
        -*) echo "usage: tests/stress/run.sh [--seconds N] [NAME...]" >&2; exit 64 ;;
        *) names+=("$1"); shift ;;
    esac
done

tests/prerequisites.sh
./viztrace --version >/dev/null
project=tests/VizTrace.EndToEnd.Tests/VizTrace.EndToEnd.Tests.csproj
dotnet build "$project" -nodeReuse:false -v quiet --nologo >/dev/null
table=$(mktemp)
trap 'rm -f "$table"' EXIT
code=0
VIZTRACE_STRESS_SECONDS=$seconds VIZTRACE_STRESS_TABLE=$table VIZTRACE_STRESS_NAMES="${names[*]:-}" \
    dotnet test "$project" --no-build --nologo --filter FullyQualifiedName~StressTests || code=$?
{
    echo 'case|rounds|seconds|threads|calls made|in the trace|records lost'
    cat "$table"
} | column -t -s '|'
[ "$code" -eq 0 ] && echo "all well" || echo "something is wrong: see above"
exit "$code"
