#!/bin/sh
# Install pinned packages into an environment: with uv where it is there or the package index has it, else with pip.
#
#   deploy/install.sh ENVIRONMENT FILE [FILE WITHOUT MLX]
#
# Every package is checked against the hash in the file. The second file is tried where the first cannot be installed
# (mlx has wheels for macOS on Apple silicon and recent Linux only). INSTALL_WITH=pip leaves uv aside. On a terminal the
# installer shows its progress; elsewhere it is silent, and what it complains of is in ENVIRONMENT/install.log.
environment=$1 file=$2 smaller=$3
python=$environment/bin/python
folder=$(cd "$(dirname "$0")/.." && pwd)
log=$environment/install.log
[ -t 1 ] && terminal=yes || terminal=''

pip_install() {
	set -- "$python" -m pip --disable-pip-version-check --no-input install --require-hashes -r "$1"
	if [ "$terminal" ]; then "$@"; else "$@" -qq 2>>"$log"; fi
}

# uv reads none of pip's settings, so a company's own index is handed on.
uv_install() {
	index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null)}}
	[ -n "$index" ] && export UV_DEFAULT_INDEX="$index"
	set -- "$uv" pip install --python "$python" --require-hashes -r "$1"
	if [ "$terminal" ]; then "$@"; else "$@" --quiet 2>>"$log"; fi
}

# A uv that runs: the system's, else one from the index in the environment itself.
find_uv() {
	[ "$INSTALL_WITH" = pip ] && return 1
	for uv in uv "$environment/bin/uv"; do
		"$uv" --version >/dev/null 2>&1 && return 0
	done
	echo "Fetching uv (18 MB), which installs the rest in seconds ..."
	pip_install "$folder/requirements-install.txt" && "$uv" --version >/dev/null 2>&1
}

first_that_installs() {
	for done in "$file" $smaller; do
		"$1" "$done" && return 0
	done
	return 1
}

: >"$log"
began=$(date +%s)
if find_uv && first_that_installs uv_install; then
	with=uv
elif first_that_installs pip_install; then
	with=pip
else
	tail -n 5 "$log" >&2
	echo "The packages of $file could not be installed. Check the network, or name your index in PIP_INDEX_URL." >&2
	exit 1
fi
if [ "$done" != "$file" ]; then
	echo "mlx could not be installed here: going on without it. The page is complete except for live probing."
fi
echo "Installed with $with in $(($(date +%s) - began)) s; $environment now holds $(du -sm "$environment" | cut -f1) MB."
