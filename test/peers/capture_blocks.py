"""The interface statistics blocks of a little-endian pcapng, as JSON: what no tool prints."""
import json
import struct
import sys

NAMES = {2: "start", 3: "end", 4: "received", 5: "dropped", 6: "accepted", 8: "delivered"}
data = open(sys.argv[1], "rb").read()
found = []
at = 0
while at < len(data):
    kind, length = struct.unpack_from("<II", data, at)
    assert length % 4 == 0 and data[at + length - 4 : at + length] == data[at + 4 : at + 8]
    if kind == 5:
        facts = {"last": at + length == len(data)}
        option = at + 20
        while True:
            code, size = struct.unpack_from("<HH", data, option)
            if code == 0:
                break
            high, low = struct.unpack_from("<II", data, option + 4)
            whole = struct.unpack_from("<Q", data, option + 4)[0]
            facts[NAMES[code]] = (high << 32 | low) / 1e9 if code < 4 else whole
            option += 4 + (size + 3 & ~3)
        found.append(facts)
    at += length
print(json.dumps(found))
