# Shared by the tests of the programs as a user runs them. A test sources this, says `ok NAME` or `not ok NAME` through
# the checks below, and ends with `finish`. BIN names the folder of the programs. Everything lies in a scratch directory
# $W, and what was started is ended by its process id when the test ends, however it ends.
# A pipeline may end in `run`, since its last part runs in this shell (lastpipe).
# shellcheck shell=bash
set -u
shopt -s lastpipe

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SL_ROOT=${SL_ROOT:-$(cd "$here/../.." && pwd)}
BIN=${BIN:-$SL_ROOT/build/dev/bin}
BIN=$(cd "$BIN" && pwd) || exit 1
PATH=$BIN:$PATH
unset SL_BROKERS SL_PROFILE XDG_RUNTIME_DIR
W=$(mktemp -d "${TMPDIR:-/tmp}/sl.XXXXXX")
export XDG_CONFIG_HOME=$W/config XDG_STATE_HOME=$W/state XDG_DATA_HOME=$W/share LC_ALL=C.UTF-8
failed=0 pids=() DPID=''

clean_up() {
  local pid
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2> /dev/null; done
  for pid in "${pids[@]}"; do
    for _ in $(seq 100); do kill -0 "$pid" 2> /dev/null || break; sleep 0.05; done
    kill -KILL "$pid" 2> /dev/null
    wait "$pid" 2> /dev/null
  done
  rm -rf "$W"
}
trap clean_up EXIT

# Without this program the test has nothing to test: it is skipped.
need() {
  local program
  for program in "$@"; do
    command -v "$program" > /dev/null || { echo "$program is missing"; exit 77; }
  done
}

ok() { echo "ok $*"; }
not_ok() { echo "not ok $*"; failed=$((failed + 1)); }
detail() { sed 's/^/  | /' <<< "$*"; }
finish() { exit $((failed > 0)); }
# A step that the rest of the test stands on.
must() { "$@" || { local code=$?; not_ok "$* (exit $code)"; [[ -s $W/daemon.log ]] && detail "$(tail -n 5 "$W/daemon.log")"; finish; }; }

# start_daemon [flags]: a daemon on a socket in $W, ready; sets SL_BROKERS and DPID.
start_daemon() {
  mkdir -p "$W/run" && chmod 700 "$W/run"
  : > "$W/daemon.log"
  streamlogd --data "$W/data" --listen "unix:$W/run/s.sock" "$@" 2> "$W/daemon.log" &
  DPID=$!
  pids+=("$DPID")
  export SL_BROKERS="unix:$W/run/s.sock"
  wait_for_line "$W/daemon.log" 'streamlogd: ready' "$DPID" && return
  not_ok "the daemon starts"
  detail "$(tail -n 5 "$W/daemon.log")"
  finish
}

# wait_for_line FILE TEXT PID: until the file has the text; fails when the process ends first or after 20 s.
wait_for_line() {
  for _ in $(seq 2000); do
    grep -q -- "$2" "$1" 2> /dev/null && return 0
    kill -0 "$3" 2> /dev/null || return 1
    sleep 0.01
  done
  return 1
}

# stop_daemon [SIGNAL]: sets `code` to the daemon's exit status.
stop_daemon() {
  kill "-${1:-TERM}" "$DPID"
  wait "$DPID" 2> /dev/null
  code=$?
  DPID=''
}

# run COMMAND...: sets `code`, leaves $W/out and $W/err. Standard input is what the caller gives.
run() {
  timeout 60 "$@" > "$W/out" 2> "$W/err"
  code=$?
}

# expect NAME CODE [PATTERN]: about the last run: its exit status and, in one line of standard error, a pattern.
expect() {
  local name=$1 wanted=$2 pattern=${3:-}
  if [[ $code != "$wanted" ]]; then
    not_ok "$name: exit $code, not $wanted"
    detail "$(tail -n 5 "$W/err")"
  elif [[ -n $pattern ]] && ! grep -qiE -- "$pattern" "$W/err"; then
    not_ok "$name: standard error does not match /$pattern/"
    detail "$(tail -n 5 "$W/err")"
  else
    ok "$name"
  fi
}

# one_sentence NAME: the last run said one line that begins with the program's name.
one_sentence() {
  local lines
  lines=$(grep -cv '^%' "$W/err")
  if [[ $lines == 1 ]] && grep -qE '^(sl-[a-z]+|streamlogd): ' "$W/err"; then ok "$1: one sentence"; else
    not_ok "$1: not one sentence"
    detail "$(head -n 8 "$W/err")"
  fi
}

# same NAME FILE FILE: the two are identical.
same() {
  if cmp -s "$2" "$3"; then ok "$1"; else
    not_ok "$1: $(wc -c < "$2") and $(wc -c < "$3") bytes, $(cmp "$2" "$3" 2>&1 | head -n 1)"
  fi
}

# equal NAME WANTED GOT
equal() {
  if [[ $2 == "$3" ]]; then ok "$1"; else
    not_ok "$1"
    detail "wanted: ${2:0:300}"
    detail "got:    ${3:0:300}"
  fi
}

# check NAME COMMAND...: the command succeeds.
check() {
  local name=$1
  shift
  if "$@" > "$W/check" 2>&1; then ok "$name"; else
    not_ok "$name"
    detail "$(tail -n 5 "$W/check")"
  fi
}

# lines N: N distinct lines of 100 bytes and a newline, always the same.
lines() {
  awk -v n="$1" 'BEGIN {
    for (i = 0; i < n; i++) printf "%019d:%040d%040d\n", i, (i * 7919) % 1000003, i * i % 999983
  }'
}
