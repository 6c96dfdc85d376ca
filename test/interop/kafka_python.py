"""Kafka clients for the interop suite: produce | consume | join BOOTSTRAP TOPIC ...; records are lines of JSON."""

import json
import signal
import sys

from kafka import KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor

ASSIGNORS = {"range": RangePartitionAssignor, "cooperative-sticky": CooperativeStickyAssignor}


def encoded(text):
    return None if text is None else text.encode()


def decoded(data):
    return None if data is None else data.decode()


def produce(bootstrap, topic, codec):
    """Sends the records of standard input, in one batch if they fit into a megabyte."""
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        compression_type=None if codec == "none" else codec,
        batch_size=1_000_000,
        linger_ms=60_000,
    )
    futures = []
    for line in sys.stdin:
        record = json.loads(line)
        headers = [(name, encoded(value)) for name, value in record["headers"]]
        futures.append(
            producer.send(
                topic,
                key=encoded(record["key"]),
                value=encoded(record["value"]),
                headers=headers,
                timestamp_ms=record["timestamp"],
            )
        )
    producer.flush()
    for future in futures:
        future.get()
    producer.close()


def subscribed(bootstrap, topic, group, **options):
    """A consumer that reads a topic from its beginning."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest", **options)
    # A leader that joins without knowing the topic has to join again at once, and version 3.0.12 at times gets stuck.
    consumer.partitions_for_topic(topic)
    consumer.subscribe([topic])
    return consumer


def consume(bootstrap, topic, group, count):
    """Prints so many records and commits what comes after them."""
    consumer = subscribed(bootstrap, topic, group, enable_auto_commit=False)
    for _ in range(int(count)):
        message = next(consumer)
        record = {
            "timestamp": message.timestamp,
            "key": decoded(message.key),
            "value": decoded(message.value),
            "headers": [[name, decoded(value)] for name, value in message.headers],
        }
        print(json.dumps(record))
    consumer.commit()
    consumer.close()


def join(bootstrap, topic, group, assignor, heartbeat_ms):
    """Is a member of a group until a SIGTERM; prints partition and value of each record."""
    consumer = subscribed(
        bootstrap,
        topic,
        group,
        heartbeat_interval_ms=int(heartbeat_ms),
        partition_assignment_strategy=[ASSIGNORS[assignor]],
    )
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    while not stopping:
        for messages in consumer.poll(timeout_ms=100).values():
            for message in messages:
                print(f"{message.partition}\t{decoded(message.value)}", flush=True)
    consumer.close()


{"produce": produce, "consume": consume, "join": join}[sys.argv[1]](*sys.argv[2:])
