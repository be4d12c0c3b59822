#!/usr/bin/env bash
# Prepares a Debian 12 machine for the interoperation tests: installs Debian's
# Qpid Proton with its C++ examples, and builds the examples and the Proton
# shim into one directory.
#
#   scenarios/interop/setup.sh DIR
#   COLLIDER_INTEROP_DIR=DIR go test -tags interop ./scenarios/interop ./conformance/shim
#
# Idempotent: installed packages and programs newer than their sources are left
# alone. Installing packages needs root; building does not.
set -euo pipefail

if [ $# -ne 1 ]; then
	echo "usage: $0 DIR" >&2
	exit 2
fi

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$1"
dir=$(cd "$1" && pwd)
sources=/usr/share/proton/examples/cpp
packages=(
	g++ make
	libqpid-proton-cpp12-dev
	libqpid-proton11-dev-examples
	nlohmann-json3-dev
)
programs=(
	broker direct_recv direct_send multithreaded_client
	multithreaded_client_flow_control reconnect_client simple_recv simple_send
)

missing=()
for p in "${packages[@]}"; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)
	[ "$status" = installed ] || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "setup: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
else
	echo "setup: packages are installed"
fi
echo "setup: Proton $(dpkg-query -W -f '${Version}' libqpid-proton-cpp12-dev)"

for p in "${programs[@]}"; do
	if [ "$dir/$p" -nt "$sources/$p.cpp" ]; then
		echo "setup: $p is up to date"
		continue
	fi
	# Debian's libqpid-proton-cpp.pc requires packages that Debian does not
	# ship, so pkg-config cannot be used.
	g++ -std=c++17 -O1 -o "$dir/$p.new" "$sources/$p.cpp" -lqpid-proton-cpp -pthread
	mv "$dir/$p.new" "$dir/$p"
	echo "setup: built $p"
done

make --no-print-directory -C "$repo/conformance/shims/proton-cpp" BUILD="$dir"
"$repo/scenarios/interop/setup_sasl.sh" "$dir"
echo "setup: done, COLLIDER_INTEROP_DIR=$dir"
