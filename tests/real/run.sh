#!/usr/bin/env bash
# Runs large programs alone and recorded, compares what they print, write and end with, checks the traces, and prints a table.
# Usage: run.sh [NAME...]    a program or several, in every mode; without a name all of them (some twenty minutes on 2 cores)
#        run.sh --quick      the part that ./test runs
#        run.sh --list       the names
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
project=$root/tests/VizTrace.Real.Tests/VizTrace.Real.Tests.csproj
export MSBUILDDISABLENODEREUSE=1 DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
case ${1:-} in
    --list)
        grep -oP '(Ours\("|new\(")\K[^"]+' "$root/tests/VizTrace.Real.Tests/RealPrograms.cs"
        exit ;;
    --quick) VIZTRACE_REAL= ;;
    "") VIZTRACE_REAL=all ;;
    *) VIZTRACE_REAL=$(IFS=';'; echo "$*") ;;
esac
export VIZTRACE_REAL
VIZTRACE_REAL_TABLE=$(mktemp)
export VIZTRACE_REAL_TABLE
trap 'rm -f "$VIZTRACE_REAL_TABLE"' EXIT

"$root/viztrace" --version >&2 && dotnet build "$project" -v q -nologo -nodeReuse:false >&2 || exit
code=0
dotnet test "$project" --no-build --nologo --logger "console;verbosity=normal" || code=$?
echo
echo "Measured $(date -u +%Y-%m-%d) on $(nproc) x $(sed -n 's/^model name[ \t]*: //p' /proc/cpuinfo | head -1), .NET $(dotnet --version); what failed has no row."
echo
echo "| program | mode | plain s | recorded s | calls | same output | exit code | nests |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
cat "$VIZTRACE_REAL_TABLE"
exit "$code"
