"""A member of a group: prints `partition value` of what it reads until SIGTERM.

  member.py confluent|pure ADDRESS GROUP TOPIC [PROTOCOL]
"""
import signal
import sys

client, address, group, topic = sys.argv[1:5]
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))

if client == "confluent":
    from confluent_kafka import Consumer
    settings = {"bootstrap.servers": address, "group.id": group, "auto.offset.reset": "earliest", "group.protocol": sys.argv[5]}
    if sys.argv[5] == "classic":
        settings["session.timeout.ms"] = 6000
    consumer = Consumer(settings)
    consumer.subscribe([topic])
    while not stop:
        message = consumer.poll(0.2)
        if message and not message.error():
            print(message.partition(), message.value().decode(), flush=True)
        elif message:
            print(message.error(), file=sys.stderr, flush=True)
    consumer.close()
else:
    from kafka import KafkaConsumer
    consumer = KafkaConsumer(topic, bootstrap_servers=address, group_id=group, auto_offset_reset="earliest",
                             session_timeout_ms=6000, heartbeat_interval_ms=500, auto_commit_interval_ms=500)
    while not stop:
        for partition, messages in consumer.poll(1000).items():
            for message in messages:
                print(partition.partition, message.value.decode(), flush=True)
    consumer.close()
