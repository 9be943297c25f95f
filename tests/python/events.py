"""events.py LOG.JSONL EVENTS - fails unless an event file has the log's contents.

Reads TFRecords and the messages in them from their definitions: record_writer.h, event.proto and
summary.proto of TensorFlow, and the encoding of Protocol Buffers.
"""
import json
import struct
import sys


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    at = 0
    while at < len(data):
        head = data[at:at + 8]
        (n,), (of_head,) = struct.unpack("<Q", head), struct.unpack("<I", data[at + 8:at + 12])
        body = data[at + 12:at + 12 + n]
        (of_body,) = struct.unpack("<I", data[at + 12 + n:at + 16 + n])
        assert of_head == masked(head) and of_body == masked(body) and len(body) == n
        yield body
        at += 16 + n
    assert at == len(data)


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = struct.unpack("<d", data[at:at + 8])[0], at + 8
        elif kind == 5:
            value, at = struct.unpack("<f", data[at:at + 4])[0], at + 4
        else:
            assert kind == 2, "a field written as %d" % kind
            n, at = varint(data, at)
            value, at = data[at:at + n], at + n
            assert len(value) == n
        yield number, value
    assert at == len(data)


def events(data):
    """Yield for each event its file's version, or its step, time and numbers by tag."""
    for body in records(data):
        event = {}
        for number, value in fields(body):
            assert number not in event, "field %d twice" % number
            event[number] = value
        numbers = {}
        for number, value in fields(event.get(5, b"")):
            assert number == 1
            one = dict(fields(value))
            assert set(one) == {1, 2}
            numbers[one[1].decode()] = one[2]
        yield event.get(3), event.get(2, 0), event[1], numbers


def single(value):
    return struct.unpack("<f", struct.pack("<f", float(value)))[0]


def same(a, b):
    return a == b or (a != a and b != b)


def main(log, path):
    assert crc32c(b"123456789") == 0xE3069283
    found = list(events(open(path, "rb").read()))
    assert found[0][0] == b"brain.Event:2" and not found[0][3]
    wanted = []
    for line in open(log, encoding="utf-8"):
        record = json.loads(line)
        if record["record"] not in ("steps", "epoch"):
            continue
        kind = {"steps": "steps", "epoch": "epochs"}[record["record"]]
        wanted.append((record["step"], record["time"], {
            "%s/%s" % (kind, name): single(value) for name, value in record.items()
            if name not in ("record", "epoch", "step", "steps", "seconds", "time")}))
    assert len(found) == len(wanted) + 1, "%d events of %d records" % (len(found), len(wanted))
    for (version, step, time, numbers), (step_wanted, time_wanted, numbers_wanted) in zip(found[1:], wanted):
        assert version is None and step == step_wanted and time == time_wanted
        assert numbers.keys() == numbers_wanted.keys(), (numbers.keys(), numbers_wanted.keys())
        assert all(same(numbers[tag], numbers_wanted[tag]) for tag in numbers), step
    print("%s: %d events" % (path, len(found)))


if __name__ == "__main__":
    main(*sys.argv[1:])
