"""The scenario of ../lib.sh with kafka-python, which is written in Python alone."""
import threading
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

from checks import arguments, check, fails_with, read_records, same, write_record

address, folder = arguments()
admin = KafkaAdminClient(bootstrap_servers=address)
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def cluster():
    described = admin.describe_cluster()
    same([1], [node["broker_id"] for node in described["brokers"]])
    same(1, described["controller_id"])
    same(22, len(described["cluster_id"]))


def create():
    admin.create_topics([NewTopic(f"theirs-{codec}", 3, 1) for codec in CODECS])
    admin.create_topics([NewTopic("idempotent", 3, 1), NewTopic("doomed", 1, 1),
                         NewTopic("grown", 3, 1, topic_configs={"retention.ms": "3600000"})])
    fails_with("TopicAlreadyExists", admin.create_topics, [NewTopic("grown", 3, 1)])
    fails_with("InvalidConfig", admin.create_topics, [NewTopic("odd", 1, 1, topic_configs={"no.such.setting": "1"})])
    fails_with("InvalidReplicationFactor", admin.create_topics, [NewTopic("odd", 1, 3)])
    same(3, partitions_of("grown"))


def partitions_of(topic):
    return len(admin.describe_topics([topic])[0]["partitions"])


def produce(topic, codec, idempotent=False):
    producer = KafkaProducer(bootstrap_servers=address, compression_type=None if codec == "none" else codec, linger_ms=5000,
                             acks="all", enable_idempotence=idempotent, max_request_size=1 << 20)
    sent = [producer.send(topic, value, key, headers=headers, partition=partition if key is None else None, timestamp_ms=ts)
            for partition, ts, key, value, headers in read_records(folder)]
    producer.flush(20)
    for future in sent:
        future.get(1)
    producer.close()


def consume(topic):
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=None, check_crcs=True)
    places = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    ends = consumer.end_offsets(places)
    with open(f"{folder}/{topic}.read", "w") as file:
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(10000).values():
                for record in records:
                    write_record(file, record.partition, record.timestamp, record.key, record.value, record.headers)
    consumer.close()


def times():
    place = TopicPartition("times", 0)
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=None)
    found = consumer.offsets_for_times({place: 1600000050500})[place]
    same((51, 1600000051000), (found.offset, found.timestamp))
    same(None, consumer.offsets_for_times({place: 1700000000000})[place])
    same(0, consumer.beginning_offsets([place])[place])
    same(100, consumer.end_offsets([place])[place])
    consumer.close()


def setting(topic, name):
    described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    return described["topic"][topic][name]["value"]


def configs():
    same("3600000", setting("grown", "retention.ms"))

    def alter(name, value, incremental):
        return admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "grown", configs={name: value})], incremental=incremental)

    alter("max.message.bytes", "2000000", True)
    same("2000000", setting("grown", "max.message.bytes"))
    same("3600000", setting("grown", "retention.ms"))
    admin.reset_configs([ConfigResource(ConfigResourceType.TOPIC, "grown", configs=["max.message.bytes"])])
    same("1048588", setting("grown", "max.message.bytes"))
    same(True, "InvalidConfig" in str(alter("retention.ms", "no number", True)))
    alter("retention.ms", "7200000", False)
    same("7200000", setting("grown", "retention.ms"))


def grow():
    admin.create_partitions({"grown": NewPartitions(5)})
    same(5, partitions_of("grown"))
    fails_with("InvalidPartitions", admin.create_partitions, {"grown": NewPartitions(5)})


def delete_records():
    place = TopicPartition("times", 0)
    admin.delete_records({place: 40})
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=None)
    same(40, consumer.beginning_offsets([place])[place])
    consumer.close()
    fails_with("OffsetOutOfRange", admin.delete_records, {place: 1000})


def log_dirs():
    [described] = admin.describe_log_dirs()
    [directory] = described["log_dirs"]
    sizes = {topic["name"]: [one["partition_size"] for one in topic["partitions"]] for topic in directory["topics"]}
    same(3, len(sizes["theirs-zstd"]))
    same(True, all(size > 0 for size in sizes["theirs-zstd"]))
    same(True, directory["total_bytes"] > directory["usable_bytes"] > 0)


def delete_topic():
    admin.delete_topics(["doomed"])
    same(False, "doomed" in admin.list_topics())
    fails_with("UnknownTopicOrPartition", admin.delete_topics, ["doomed"])


def groups():
    """Two members share; one goes, the other has all; the group as the admin client sees and changes it."""
    settings = {"bootstrap_servers": address, "group_id": "pure", "auto_offset_reset": "earliest", "enable_auto_commit": False,
                "heartbeat_interval_ms": 200}
    owned, stops = {}, [threading.Event(), threading.Event()]

    def live(number):
        member = KafkaConsumer("ours-none", **settings)
        while not stops[number].is_set():
            member.poll(1000)  # 3.0.12 may lose the answer to a SyncGroup that comes as a short poll ends
            owned[number] = len(member.assignment())
        if number == 0:
            member.commit({TopicPartition("ours-none", n): OffsetAndMetadata(3 + n, "here", -1) for n in range(3)})
        owned.pop(number)
        member.close()

    def wait_until(wanted):
        end = time.monotonic() + 20
        while sorted(owned.values()) != wanted:
            if time.monotonic() > end:
                raise AssertionError(f"they own {owned}")
            time.sleep(0.02)

    threads = [threading.Thread(target=live, args=(number,), daemon=True) for number in range(2)]
    for thread in threads:
        thread.start()
    wait_until([1, 2])
    same("Stable", admin.describe_groups(["pure"])["pure"]["group_state"])
    stops[1].set()
    wait_until([3])
    stops[0].set()
    for thread in threads:
        thread.join(20)
    found = admin.list_group_offsets("pure")["pure"]
    same([(3, "here"), (4, "here"), (5, "here")],
         [(found[TopicPartition("ours-none", n)].offset, found[TopicPartition("ours-none", n)].metadata) for n in range(3)])
    same(True, "pure" in [listed["group_id"] for listed in admin.list_groups()])
    admin.delete_groups(["pure"])
    same(False, "pure" in [listed["group_id"] for listed in admin.list_groups()])


check("describe cluster", cluster)
check("create topics", create)
for codec in CODECS:
    check(f"produce {codec}", produce, f"theirs-{codec}", codec)
    check(f"consume {codec}", consume, f"theirs-{codec}")
    check(f"consume our {codec}", consume, f"ours-{codec}")
check("produce idempotently", produce, "idempotent", "lz4", True)
check("offsets by time", times)
check("describe and alter settings", configs)
check("create partitions", grow)
check("delete records", delete_records)
check("describe log dirs", log_dirs)
check("delete a topic", delete_topic)
check("a group", groups)
