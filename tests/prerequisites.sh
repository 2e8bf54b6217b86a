#!/usr/bin/env bash
# Installs what the tests need besides the .NET SDK, where it is missing: Debian's and Ubuntu's packages, with sudo when not root. On a machine
# that has everything it does nothing and asks for nothing.
set -euo pipefail

missing=()
command -v gcc >/dev/null || missing+=(gcc)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v setpriv >/dev/null || missing+=(util-linux)
compgen -G '/usr/lib/*/libjemalloc.so.2' >/dev/null || missing+=(libjemalloc2)
command -v script >/dev/null || missing+=(bsdutils)
# NativeAOT links with gcc against the C library's start files; everything else it needs (zlib too) comes with its package.
[ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "tests: please install, by whatever name this system has for it: ${missing[*]}" >&2
    exit 1
fi
sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
"${sudo[@]}" apt-get update -q
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
