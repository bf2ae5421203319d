# Shared by the tests with foreign clients, on top of tests/cli/lib.sh: fetches a client once, with its version pinned,
# into a cache outside of the tree, and plays one scenario with it. What cannot be fetched here, or within the time,
# skips the test; what was fetched and then fails, fails it.
# shellcheck shell=bash
# shellcheck source=../cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../cli/lib.sh"

interop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/streamlog-tests
fetch_seconds=100
codecs=(none gzip snappy lz4 zstd)
view=sorted  # how records are looked at where a client may have touched them; see records.py

# fetch NAME PINS COMMAND...: sets `fetched` to a folder that COMMAND filled when it was the working directory. PINS is
# the file with the versions: other contents, another folder. What failed is not tried again for ten minutes, so that
# a registry that hangs costs a run its time once.
fetch() {
  local name=$1 pins=$2
  shift 2
  fetched=$cache/$name-$(sha256sum "$pins" | cut -c 1-12)
  [[ -d $fetched ]] && return
  mkdir -p "$cache" || { echo "$cache cannot be made"; exit 77; }
  exec 8> "$cache/$name.lock"
  flock 8
  if [[ ! -d $fetched ]]; then
    [[ -z $(find "$cache" -name "$name.failed" -mmin -10) ]] || { echo "$name could not be fetched a moment ago"; exit 77; }
    rm -rf "$fetched.part"
    mkdir "$fetched.part"
    if ! (cd "$fetched.part" && exec timeout -k 5 "$fetch_seconds" "$@") > "$cache/$name.log" 2>&1 < /dev/null; then
      touch "$cache/$name.failed"
      echo "$name cannot be fetched: $(grep -v '^ *$' "$cache/$name.log" | tail -n 1 | cut -c 1-200)"
      exit 77
    fi
    mv "$fetched.part" "$fetched"
  fi
  exec 8>&-
}

# The Python clients, in `fetched`. Wheels are of one Python.
fetch_python() {
  need python3
  fetch "python-$(python3 -c 'import sys; print(*sys.version_info[:2], sep=".")')" "$interop/python/requirements.txt" \
    python3 -m pip install --no-input --only-binary :all: --target . -r "$interop/python/requirements.txt"
}

# The jars of Apache Kafka, its broker and its tools, in `fetched`; `java_run CLASS ARGUMENT...` runs one of them.
fetch_kafka() {
  need java
  local version
  version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  (( ${version:-0} >= 17 )) || { echo "java is ${version:-not one}, Kafka 4 wants 17"; exit 77; }
  fetch kafka "$interop/java/pom.xml" sh -c \
    'exec mvn -B -q -f "$1" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$PWD"' sh "$interop/java/pom.xml"
  java_flags=(-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto -Xmx512m
    "-Dlog4j2.configurationFile=$interop/java/log4j2.xml" -cp "$fetched/*")
}
java_run() { timeout -k 5 60 java "${java_flags[@]}" "$@"; }

# tool NAME CLASS CODE ARGUMENT...: runs one of Kafka's tools, standard output in $W/out; not ok where it ends with
# another status.
tools=org.apache.kafka.tools
tool() {
  local name=$1 class=$2 wanted=$3
  shift 3
  java_run "$class" "$@" > "$W/out" 2> "$W/err" < "${input:-/dev/null}"
  code=$?
  expect "$name" "$wanted"
}
says() { check "$1" grep -qE -- "$2" "$W/out"; }

# start_kafka [SETTING...]: Apache Kafka itself, one node, at $kafka; our tools find it.
start_kafka() {
  kafka=127.0.0.1:$(free_port)
  local voter
  voter=127.0.0.1:$(free_port)
  cat > "$W/server.properties" << CONFIG
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@$voter
listeners=PLAINTEXT://$kafka,CONTROLLER://$voter
advertised.listeners=PLAINTEXT://$kafka
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$W/kafka
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
$(printf '%s\n' "$@")
CONFIG
  java_run kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ -c "$W/server.properties" > "$W/format.log" 2>&1 ||
    { not_ok "Kafka can be started"; detail "$(tail -n 3 "$W/format.log")"; finish; }
  java "${java_flags[@]}" kafka.Kafka "$W/server.properties" > "$W/kafka.log" 2>&1 < /dev/null &
  pids+=($!)
  export SL_BROKERS=$kafka
  for _ in $(seq 150); do
    sl-topic list > /dev/null 2>&1 && break
    kill -0 "${pids[-1]}" 2> /dev/null || break
    sleep 0.2
  done
  must sl-topic list
}

# suites NAME...: tests of tests/cli as they are, with the node at $kafka in the daemon's place: what they start is that
# one, emptied, what they stop is out of their reach. What a test says is told again with its name.
suites() {
  local name
  mkdir "$W/tests"
  cat > "$W/tests/lib.sh" << LIB
. "$SL_ROOT/tests/cli/lib.sh"
start_daemon() {
  export SL_BROKERS=$kafka
  sl-group list | xargs -r -n 1 sl-group evict --all -y 2> /dev/null
  sl-group delete -r '.*' -y --if-exists
  sl-topic list | xargs -r sl-topic delete -y
}
stop_daemon() { export SL_BROKERS=unix:\$W/nobody.sock; }
LIB
  for name in "$@"; do
    cp "$SL_ROOT/tests/cli/$name.test" "$W/tests"
    timeout 200 "$W/tests/$name.test" > "$W/out" 2>&1
    code=$?
    check "$name: it has tested something" test "$(grep -c '^ok ' "$W/out")" -gt 2
    sed -nE "s/^(ok|not ok) /\\1 $name: /p; s/^  \\| /  | /p" "$W/out"
    failed=$((failed + $(grep -c '^not ok' "$W/out")))
    equal "$name ends well" 0 "$code"
  done
}

# A port that is free now; taken by somebody else in between, the daemon says so and the test fails loudly.
free_port() { python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# The daemon, on the unix socket and on $address, with these flags.
start_on_tcp() {
  address=127.0.0.1:$(free_port)
  start_daemon --listen "$address" "$@"
}

records() { python3 "$interop/records.py" "$@"; }

# segments TOPIC: what `sl-topic dump` says of each segment of the topic.
segments() {
  local id
  id=$(sl-topic describe "$1" -s --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
  find "$W/data/$id" -name '*.log' -size +0 -exec sl-topic dump {} +
}

# stored_codecs TOPIC: the codecs of its batches, as the bits of their attributes say.
stored_codecs() { segments "$1" | sed -n 's/^offset .* codec \([a-z0-9]*\) .*/\1/p' | sort -u | tr '\n' ' '; }

# read_by_us TOPIC: its records in the form of records.py.
read_by_us() { sl-consume -J "$1" -e | records from-json; }

# prepare_scenario [LACK...]: what every client is asked, but for what it has no way to write (see records.py). It gets
# the address and a folder with theirs.jsonl, and finds the topics `times` and `ours-CODEC`. It makes `theirs-CODEC`,
# `idempotent`, `grown` and `doomed`, writes what it reads of a topic to TOPIC.read, and prints `ok` and `not ok` lines.
# Then what it did is compared with what our tools see.
prepare_scenario() {
  start_on_tcp
  must records make > "$W/ours.jsonl"
  must records make "$@" > "$W/theirs.jsonl"
  must records to-json < "$W/ours.jsonl" > "$W/json"
  for codec in "${codecs[@]}"; do
    must sl-topic create "ours-$codec" -p 3
    must sl-produce -J "ours-$codec" -z "$codec" < "$W/json"
    equal "our batches are stored as $codec" "$codec " "$(stored_codecs "ours-$codec")"
  done
  must sl-topic create times -p 1
  for i in $(seq 0 99); do echo "{\"key\":null,\"value\":\"$i\",\"headers\":[],\"ts\":$((1600000000000 + i * 1000)),\"partition\":0}"; done \
    | must sl-produce -J times
}

# seen_alike NAME FILE FILE: the same records, and there are some.
seen_alike() {
  records "$view" < "$2" > "$W/wanted"
  records "$view" < "$3" > "$W/got"
  if [[ -s $W/wanted ]]; then same "$1" "$W/wanted" "$W/got"; else not_ok "$1: nothing to compare with"; fi
  cmp -s "$W/wanted" "$W/got" || detail "$(diff "$W/wanted" "$W/got" | cut -c 1-160 | head -n 3)"
}

scenario() {
  timeout -k 5 100 "$@" "$address" "$W" > "$W/client.out" 2> "$W/client.err" < /dev/null
  code=$?
  cat "$W/client.out"
  failed=$((failed + $(grep -c '^not ok' "$W/client.out")))
  [[ $code == 0 ]] || { not_ok "the client ends well: exit $code"; detail "$(tail -n 15 "$W/client.err")"; finish; }
  for codec in "${codecs[@]}"; do
    seen_alike "the client reads our $codec" "$W/ours.jsonl" "$W/ours-$codec.read"
    seen_alike "the client reads its own $codec" "$W/theirs.jsonl" "$W/theirs-$codec.read"
    seen_alike "sl-consume -J reads the client's $codec, each key where Java's partitioner puts it" "$W/theirs.jsonl" \
      <(read_by_us "theirs-$codec")
    equal "the client's batches are stored as $codec" "$codec " "$(stored_codecs "theirs-$codec")"
  done
  seen_alike "sl-consume -J reads what the idempotent producer wrote" "$W/theirs.jsonl" <(read_by_us idempotent)
  segments idempotent > "$W/dump"
  equal "and every batch of it has a producer and a sequence" "$(grep -c '^offset' "$W/dump")" \
    "$(grep -cE '^  producer [0-9]+ epoch [0-9]+ sequence [0-9]+' "$W/dump")"
  equal "sl-topic sees the partitions that the client added" 5 "$(sl-topic list --format awk -d -r '^grown$' | cut -f 2)"
  equal "sl-topic sees the setting that the client made" $'grown\tretention.ms\t7200000\ttopic' "$(sl-topic config grown --format awk)"
  equal "sl-topic sees the records that the client deleted" $'times\t0\t40' "$(sl-topic offsets times -o start --format awk)"
  equal "sl-topic does not see the topic that the client deleted" "" "$(sl-topic list --format awk -r '^doomed$')"
  equal "the daemon has nothing to complain of" "" "$(grep -E '^[^ ]+ (warning|error|critical) ' "$W/daemon.log")"
}
