#!/usr/bin/env bash
# Prepares the interoperation tests of the security layers: builds Proton's
# Python binding with Cyrus SASL, without which it knows no SCRAM, and makes the
# user database of a Proton server.
#
#   scenarios/interop/setup_sasl.sh DIR
#
# setup.sh calls it. Idempotent. Installing packages needs root.
set -euo pipefail

if [ $# -ne 1 ]; then
	echo "usage: $0 DIR" >&2
	exit 2
fi

version=0.40.0
mkdir -p "$1"
dir=$(cd "$1" && pwd)
packages=(
	gcc pkg-config python3-dev python3-venv
	libsasl2-dev libssl-dev
	libsasl2-modules libsasl2-modules-db sasl2-bin
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
fi

if ! "$dir/python/bin/python" -c 'import proton, sys; sys.exit(not proton.SASL.extended())' 2>/dev/null; then
	python3 -m venv "$dir/python"
	# From source: the wheels, if there are any, hold no Cyrus SASL.
	"$dir/python/bin/pip" -q install --no-binary python-qpid-proton "python-qpid-proton==$version"
fi
"$dir/python/bin/python" -c 'import proton; assert proton.SASL.extended() and proton.SSL.present(), "Proton was built without Cyrus SASL or TLS"'

mkdir -p "$dir/sasl"
cat >"$dir/sasl/proton-server.conf" <<END
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $dir/sasl/users
mech_list: SCRAM-SHA-512 SCRAM-SHA-256
END
printf secret | /usr/sbin/saslpasswd2 -c -p -f "$dir/sasl/users" -u proton guest
echo "setup: python-qpid-proton $version with Cyrus SASL"
