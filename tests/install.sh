#!/bin/sh
# Installs what the tests need beside Python packages: a PostgreSQL server, and Chromium with fonts for Japanese and
# emoji. Says what it does; needs root only for that.
set -eu
missing=""
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  missing="$missing postgresql"
fi
if ! command -v chromium >/dev/null 2>&1 && ! command -v google-chrome >/dev/null 2>&1; then
  missing="$missing chromium fonts-noto-cjk fonts-noto-color-emoji"
fi
if [ -z "$missing" ]; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests:$missing"
  # shellcheck disable=SC2086  # a list of packages
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "not installed, their tests will be skipped:$missing (Debian: apt-get install$missing)"
fi
