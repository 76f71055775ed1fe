"""Checks the flows of udp_flows.py in a capture that rtap wrote; prints JSON.

flow_check.py FILE [IGNORED]: frames of the flows, how many came after a later one of their flow, how many twice, and
how many frames were of nothing known.
"""
import json
import struct
import sys

data = open(sys.argv[1], 'rb').read()
endian = '<' if data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
at, frames, reordered, twice, strange = 24, 0, 0, 0, 0
last = {}
seen = set()
while at < len(data):
    captured, length = struct.unpack_from(endian + '8xII', data, at)
    frame = data[at + 16 : at + 16 + captured]
    at += 16 + captured
    if captured != length or len(frame) != 50 or frame[12:14] != b'\x08\x00' or frame[23] != 17:
        strange += 1
        continue
    stamp = struct.unpack_from('!II', frame, 42)
    flow, sequence = stamp
    if struct.unpack_from('!H', frame, 34)[0] != 20_000 + flow:
        strange += 1
        continue
    frames += 1
    twice += stamp in seen
    seen.add(stamp)
    reordered += sequence <= last.get(flow, -1)
    last[flow] = sequence
print(json.dumps({'frames': frames, 'flows': len(last), 'reordered': reordered, 'twice': twice, 'strange': strange}))
