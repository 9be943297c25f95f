"""make_events.py - a log's event file by independent code: the Protocol Buffers library and crcmod.

Needs Debian's python3-protobuf and python3-crcmod.  The messages are built from their definitions, event.proto and
summary.proto of TensorFlow; the framing is that of its record_writer.h.  Writes events.jsonl, a log of a run, and
events.tfevents, its event file for TensorBoard.
"""
import json
import os
import struct

import crcmod.predefined
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

HERE = os.path.dirname(os.path.abspath(__file__))
crc32c = crcmod.predefined.mkCrcFun("crc-32c")

KINDS = {"double": 1, "float": 2, "int64": 3, "string": 9, "message": 11}


def define(file, name, fields):
    message = file.message_type.add(name=name)
    for number, field, kind, of, repeated in fields:
        message.field.add(name=field, number=number, type=KINDS[kind], type_name=of, label=3 if repeated else 1)


def messages():
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="tf", syntax="proto3")
    define(file, "Value", [(1, "tag", "string", None, 0), (2, "simple_value", "float", None, 0)])
    define(file, "Summary", [(1, "value", "message", ".tf.Value", 1)])
    define(file, "Event", [(1, "wall_time", "double", None, 0), (2, "step", "int64", None, 0),
                           (3, "file_version", "string", None, 0), (5, "summary", "message", ".tf.Summary", 0)])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("tf.Event"))


def framed(data):
    def masked(of):
        crc = crc32c(of)
        return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)

    head = struct.pack("<Q", len(data))
    return head + masked(head) + data + masked(data)


def lines():
    yield {"record": "run", "format": 1}
    for step in (2, 4, 150, 20000):
        for kind in ("steps", "epoch"):
            yield {"record": kind, "epoch": step // 2, "step": step, "steps": 2, "seconds": 0.5 * step,
                   "time": 1700000000.125 + step, "d_loss": 1 / (step + 1), "g_loss": -3.5 * step, "d_real": 0.1,
                   "a name of /100 %": 1e-42}


def main():
    event_type = messages()
    with open(os.path.join(HERE, "events.jsonl"), "w", encoding="utf-8") as log, \
            open(os.path.join(HERE, "events.tfevents"), "wb") as events:
        events.write(framed(event_type(wall_time=1700000000.5, file_version="brain.Event:2").SerializeToString()))
        for line in lines():
            log.write(json.dumps(line, separators=(",", ":")) + "\n")
            if line["record"] == "run":
                continue
            event = event_type(wall_time=line["time"], step=line["step"])
            for name, value in list(line.items())[6:]:
                kind = {"steps": "steps", "epoch": "epochs"}[line["record"]]
                event.summary.value.add(tag="%s/%s" % (kind, name), simple_value=value)
            events.write(framed(event.SerializeToString()))


if __name__ == "__main__":
    main()
