"""The scenario of ../lib.sh with confluent-kafka, which is librdkafka."""
from confluent_kafka import (OFFSET_BEGINNING, Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaException,
                             Producer, TopicPartition)
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic,
                                   OffsetSpec)

from checks import arguments, check, fails_with, read_records, same, write_record

address, folder = arguments()
common = {"bootstrap.servers": address}
admin = AdminClient(common)
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def wait(futures):
    return {name: future.result(20) for name, future in futures.items()}


def one(futures):
    return next(iter(futures.values())).result(20)


def cluster():
    described = admin.describe_cluster(include_authorized_operations=True).result(20)
    same([1], [node.id for node in described.nodes])
    same(1, described.controller.id)
    same(22, len(described.cluster_id))


def create():
    wait(admin.create_topics([NewTopic(f"theirs-{codec}", 3, 1) for codec in CODECS]))
    wait(admin.create_topics([NewTopic("idempotent", 3, 1), NewTopic("doomed", 1, 1),
                              NewTopic("grown", 3, 1, config={"retention.ms": "3600000"})]))
    fails_with("TOPIC_ALREADY_EXISTS", one, admin.create_topics([NewTopic("grown", 3, 1)]))
    fails_with("INVALID_CONFIG", one, admin.create_topics([NewTopic("odd", 1, 1, config={"no.such.setting": "1"})]))
    fails_with("INVALID_REPLICATION_FACTOR", one, admin.create_topics([NewTopic("odd", 1, 3)]))
    same(3, len(admin.list_topics("grown", 20).topics["grown"].partitions))


def produce(topic, codec, **settings):
    failures = []
    producer = Producer({**common, "compression.type": codec, "partitioner": "murmur2_random", "linger.ms": 100, **settings})
    for partition, ts, key, value, headers in read_records(folder):
        place = {} if key is not None else {"partition": partition}
        producer.produce(topic, value, key, headers=headers, timestamp=ts, **place,
                         on_delivery=lambda error, _: error and failures.append(str(error)))
        producer.poll(0)
    same(0, producer.flush(20))
    same([], failures)


def consume(topic):
    consumer = Consumer({**common, "group.id": "unused", "enable.auto.commit": False, "check.crcs": True,
                         "enable.partition.eof": True, "fetch.wait.max.ms": 50})
    partitions = [TopicPartition(topic, n, OFFSET_BEGINNING) for n in admin.list_topics(topic, 20).topics[topic].partitions]
    consumer.assign(partitions)
    ended = set()
    with open(f"{folder}/{topic}.read", "w") as file:
        while len(ended) < len(partitions):
            message = consumer.poll(20)
            if message is None:
                raise AssertionError(f"nothing came for 20 s, {len(ended)} partitions were read")
            if message.error() and message.error().name() == "_PARTITION_EOF":
                ended.add(message.partition())
            elif message.error():
                raise KafkaException(message.error())
            else:
                write_record(file, message.partition(), message.timestamp()[1], message.key(), message.value(), message.headers())
    consumer.close()


def times():
    consumer = Consumer({**common, "group.id": "unused"})
    at = [TopicPartition("times", 0, ts) for ts in (1600000050500,)]
    same([51], [place.offset for place in consumer.offsets_for_times(at, 20)])
    same([-1], [place.offset for place in consumer.offsets_for_times([TopicPartition("times", 0, 1700000000000)], 20)])
    same((0, 100), consumer.get_watermark_offsets(TopicPartition("times", 0), 20))
    consumer.close()
    for spec, wanted in ((OffsetSpec.earliest(), 0), (OffsetSpec.latest(), 100), (OffsetSpec.max_timestamp(), 99),
                         (OffsetSpec.for_timestamp(1600000010000), 10)):
        same(wanted, one(admin.list_offsets({TopicPartition("times", 0): spec})).offset)


def setting(topic, name):
    return one(admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]))[name]


def configs():
    same(("3600000", 1), (setting("grown", "retention.ms").value, setting("grown", "retention.ms").source))
    same("1", one(admin.describe_configs([ConfigResource(ConfigResource.Type.BROKER, "1")]))["node.id"].value)

    def alter(name, value, operation):
        entry = ConfigEntry(name, value, incremental_operation=operation)
        one(admin.incremental_alter_configs([ConfigResource(ConfigResource.Type.TOPIC, "grown", incremental_configs=[entry])]))

    alter("max.message.bytes", "2000000", AlterConfigOpType.SET)
    same("2000000", setting("grown", "max.message.bytes").value)
    alter("max.message.bytes", None, AlterConfigOpType.DELETE)
    same("1048588", setting("grown", "max.message.bytes").value)
    fails_with("INVALID_CONFIG", alter, "retention.ms", "no number", AlterConfigOpType.SET)
    one(admin.alter_configs([ConfigResource(ConfigResource.Type.TOPIC, "grown", set_config={"retention.ms": "7200000"})]))
    same("7200000", setting("grown", "retention.ms").value)


def grow():
    one(admin.create_partitions([NewPartitions("grown", 5)]))
    same(5, len(admin.list_topics("grown", 20).topics["grown"].partitions))
    fails_with("INVALID_PARTITIONS", one, admin.create_partitions([NewPartitions("grown", 5)]))


def delete_records():
    same(40, one(admin.delete_records([TopicPartition("times", 0, 40)])).low_watermark)
    fails_with("OFFSET_OUT_OF_RANGE", one, admin.delete_records([TopicPartition("times", 0, 1000)]))


def delete_topic():
    wait(admin.delete_topics(["doomed"]))
    same(False, "doomed" in admin.list_topics(timeout=20).topics)
    fails_with("UNKNOWN_TOPIC_OR_PART", one, admin.delete_topics(["doomed"]))


def positions(group):
    found = one(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])).topic_partitions
    return sorted((place.partition, place.offset) for place in found)


def groups(strategy):
    """Two members share; one goes, the other has all; the group as the admin client sees and changes it."""
    group = f"confluent-{strategy}"
    settings = {**common, "group.id": group, "auto.offset.reset": "earliest", "partition.assignment.strategy": strategy,
                "enable.auto.commit": False}
    members = [Consumer(settings), Consumer(settings)]
    for member in members:
        member.subscribe(["ours-none"])

    def run_until(wanted, running):
        for _ in range(400):
            for member in running:
                message = member.poll(0.02)
                if message and message.error():
                    raise KafkaException(message.error())
            if wanted():
                return
        raise AssertionError(f"they own {[len(member.assignment()) for member in running]}")

    run_until(lambda: sorted(len(member.assignment()) for member in members) == [1, 2], members)
    found = one(admin.describe_consumer_groups([group]))
    same((ConsumerGroupState.STABLE, strategy, [1, 2]),
         (found.state, found.partition_assignor, sorted(len(one.assignment.topic_partitions) for one in found.members)))
    fails_with("NON_EMPTY_GROUP", one, admin.delete_consumer_groups([group]))
    members.pop().close()
    run_until(lambda: len(members[0].assignment()) == 3, members)
    members[0].commit(offsets=[TopicPartition("ours-none", n, 3 + n) for n in range(3)], asynchronous=False)
    members[0].close()
    same([(0, 3), (1, 4), (2, 5)], positions(group))
    same(ConsumerGroupState.EMPTY, one(admin.describe_consumer_groups([group])).state)
    one(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, [TopicPartition("ours-none", 1, 7)])]))
    same([(0, 3), (1, 7), (2, 5)], positions(group))
    same(True, group in [listed.group_id for listed in admin.list_consumer_groups().result(20).valid])
    one(admin.delete_consumer_groups([group]))
    fails_with("GROUP_ID_NOT_FOUND", one, admin.delete_consumer_groups([group]))


check("describe cluster", cluster)
check("create topics", create)
for codec in CODECS:
    check(f"produce {codec}", produce, f"theirs-{codec}", codec)
    check(f"consume {codec}", consume, f"theirs-{codec}")
    check(f"consume our {codec}", consume, f"ours-{codec}")
check("produce idempotently", lambda: produce("idempotent", "lz4", **{"enable.idempotence": True}))
check("offsets by time", times)
check("describe and alter settings", configs)
check("create partitions", grow)
check("delete records", delete_records)
check("delete a topic", delete_topic)
for strategy in ("range", "roundrobin", "cooperative-sticky"):
    check(f"a group, {strategy}", groups, strategy)
