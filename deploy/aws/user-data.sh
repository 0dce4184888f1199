#!/usr/bin/env bash
# EC2 user data for a Debian 12 instance: Java, one node of Apache Kafka, a topic, and tickerlake's sink from the topic
# into S3, each as a systemd unit. It can run again: what is there stays. docs/deploy.md walks through it.
#
# Settings, from the environment:
#   LAKE          s3://BUCKET/PREFIX that the sink writes to (required)
#   PACKAGE       what deploy/package made: s3://BUCKET/KEY or a file (required)
#   TOPIC         the topic (stock_prices), with PARTITIONS (4)
#   AWS_REGION    the lake's region; without it the SDKs' own rules
#   KAFKA_VERSION Apache Kafka's (4.3.1), from KAFKA_URL, a .tgz beside whose address a .sha512 is; KAFKA_SHA512, in hex,
#                 pins it instead
#   KAFKA_HEAP    of its JVM (1g)
#   BOOTSTRAP     where Kafka listens (127.0.0.1:9092)
#   ROOT          where the machine's files are (nothing: /); for trying it out
set -euo pipefail

: "${LAKE:?set it to s3://BUCKET/PREFIX}" "${PACKAGE:?set it to s3://BUCKET/KEY or a file}"
TOPIC=${TOPIC:-stock_prices}
PARTITIONS=${PARTITIONS:-4}
KAFKA_VERSION=${KAFKA_VERSION:-4.3.1}
KAFKA_URL=${KAFKA_URL:-https://archive.apache.org/dist/kafka/$KAFKA_VERSION/kafka_2.13-$KAFKA_VERSION.tgz}
KAFKA_HEAP=${KAFKA_HEAP:-1g}
ROOT=${ROOT:-}
BOOTSTRAP=${BOOTSTRAP:-127.0.0.1:9092}
share=$ROOT/usr/local/share/tickerlake
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { echo "== $*"; }

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_tickerlake() {
  say "tickerlake from $PACKAGE"
  case $PACKAGE in
    s3://*) aws s3 cp --only-show-errors "$PACKAGE" "$work/tickerlake.tar.gz" ;;
    *) cp "$PACKAGE" "$work/tickerlake.tar.gz" ;;
  esac
  tar -xzf "$work/tickerlake.tar.gz" -C "$ROOT/" --no-same-owner --keep-directory-symlink
  xargs -a "$share/packages" apt-get install -y -qq --no-install-recommends >/dev/null
  systemd-sysusers
  mkdir -p "$ROOT/etc/tickerlake"
}

# Apache's .sha512 files are in gpg's form: the name, a colon, groups of digits over several lines.
published_sha512() {
  curl -fsSL --retry 5 "$KAFKA_URL.sha512" | tr -d '[:space:]' | sed 's/^.*://' | tr 'A-F' 'a-f'
}

install_kafka() {
  local home=$ROOT/opt/kafka_2.13-$KAFKA_VERSION sum
  if [ ! -d "$home" ]; then
    say "Apache Kafka from $KAFKA_URL"
    curl -fsSL --retry 5 -o "$work/kafka.tgz" "$KAFKA_URL"
    sum=${KAFKA_SHA512:-$(published_sha512)}
    echo "$sum  $work/kafka.tgz" | sha512sum --check --quiet
    mkdir -p "$home.new"
    tar -xzf "$work/kafka.tgz" -C "$home.new" --strip-components=1 --no-same-owner
    mv "$home.new" "$home"
  fi
  ln -sfn "$(basename "$home")" "$ROOT/opt/kafka"
  mkdir -p "$ROOT/usr/lib/sysusers.d" "$ROOT/usr/lib/systemd/system" "$ROOT/etc/kafka"
  echo 'u kafka - "Apache Kafka" /var/lib/kafka' >"$ROOT/usr/lib/sysusers.d/kafka.conf"
  systemd-sysusers
  install -m 644 "$share/aws/kafka.service" "$ROOT/usr/lib/systemd/system/kafka.service"
  echo "KAFKA_HEAP_OPTS=-Xms$KAFKA_HEAP -Xmx$KAFKA_HEAP" >"$ROOT/etc/kafka/kafka.env"
  # One node that is broker and controller. It listens on this machine only: the sink is here, you come by an SSH tunnel.
  cat >"$ROOT/etc/kafka/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:9093
listeners=PLAINTEXT://$BOOTSTRAP,CONTROLLER://127.0.0.1:9093
advertised.listeners=PLAINTEXT://$BOOTSTRAP,CONTROLLER://127.0.0.1:9093
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$ROOT/var/lib/kafka/data
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
END
  install -d -m 750 "$ROOT/var/lib/kafka" "$ROOT/var/lib/kafka/data"
  chown kafka:kafka "$ROOT/var/lib/kafka" "$ROOT/var/lib/kafka/data"
  if [ ! -f "$ROOT/var/lib/kafka/data/meta.properties" ]; then
    say "formatting Kafka's storage"
    runuser -u kafka -- "$ROOT/opt/kafka/bin/kafka-storage.sh" format --standalone --ignore-formatted \
      -t "$("$ROOT/opt/kafka/bin/kafka-storage.sh" random-uuid)" -c "$ROOT/etc/kafka/server.properties"
  fi
}

start_kafka() {
  say "starting Kafka"
  systemctl daemon-reload
  systemctl enable --now kafka.service
  local tries=60
  until tickerlake topics --bootstrap "$BOOTSTRAP" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "Kafka does not answer: journalctl -u kafka" >&2; exit 1; }
    sleep 2
  done
}

# Retention goes by the records' timestamps, and market data is older than any default.
make_topic() {
  if tickerlake topics describe "$TOPIC" --bootstrap "$BOOTSTRAP" >/dev/null 2>&1; then
    say "topic $TOPIC is there"
  else
    tickerlake topics create "$TOPIC" --partitions "$PARTITIONS" --replication-factor 1 \
      --config retention.ms=-1 --config segment.ms=9223372036854775807 --bootstrap "$BOOTSTRAP"
  fi
}

start_sink() {
  say "sink of $TOPIC into $LAKE"
  {
    echo "SINK_TO=$LAKE"
    echo "SINK_FLAGS=--flush-interval 60s --metrics 127.0.0.1:9091"
    echo "TICKERLAKE_BOOTSTRAP=$BOOTSTRAP"
    echo "TICKERLAKE_SERVICES=aws"  # the instance's role has no variable that names it
    [ -z "${AWS_REGION:-}" ] || echo "AWS_REGION=$AWS_REGION"
  } >"$ROOT/etc/tickerlake/sink-$TOPIC.env"
  systemctl enable --now "tickerlake-sink@$TOPIC.service"
}

say "Debian's packages"
apt-get update -qq
apt_install ca-certificates curl awscli openjdk-17-jre-headless
install_tickerlake
install_kafka
start_kafka
make_topic
start_sink
say "done: tickerlake status --bootstrap $BOOTSTRAP"
