"""Two idempotent producers, librdkafka and kafka-python, each write the numbers from 0 on into a topic of its own, in
flight whatever the daemon does meanwhile. Neither may report a failure."""
import sys
import threading
import time

from confluent_kafka import Producer
from kafka import KafkaProducer

address, count = sys.argv[1], int(sys.argv[2])


def with_librdkafka():
    failures = []
    producer = Producer({"bootstrap.servers": address, "enable.idempotence": True, "linger.ms": 1, "retry.backoff.ms": 50,
                         "reconnect.backoff.max.ms": 200})
    for number in range(count):
        producer.produce("librdkafka", str(number), on_delivery=lambda error, _: error and failures.append(str(error)))
        producer.poll(0)
        if number % 50 == 0:
            time.sleep(0.005)  # The whole must last longer than a restart.
    left = producer.flush(60)
    print("ok librdkafka delivers all" if not left and not failures else f"not ok librdkafka: {left} left, {failures[:3]}")


def with_kafka_python():
    producer = KafkaProducer(bootstrap_servers=address, linger_ms=1, retry_backoff_ms=50, reconnect_backoff_max_ms=200)
    sent = []
    for number in range(count):
        sent.append(producer.send("kafka-python", str(number).encode()))
        if number % 50 == 0:
            time.sleep(0.005)
    producer.flush(60)
    failures = [str(one.exception) for one in sent if not one.succeeded()]
    print("ok kafka-python delivers all" if not failures else f"not ok kafka-python: {failures[:3]}")


threads = [threading.Thread(target=step) for step in (with_librdkafka, with_kafka_python)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
