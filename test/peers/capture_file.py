"""Writes a capture of distinct Ethernet frames, without libpcap and without rtap.

capture_file.py PATH COUNT SMALLEST LARGEST [GAP_US]: frame i carries i in its payload, has a length of its own from
SMALLEST to LARGEST bytes, an EtherType that no program uses, and was captured GAP_US after the one before.
"""
import random
import struct
import sys

path, count, smallest, largest = sys.argv[1], *map(int, sys.argv[2:5])
gap_us = int(sys.argv[5]) if len(sys.argv) > 5 else 0
chance = random.Random(2)
with open(path, 'wb') as file:
    file.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for number in range(count):
        length = chance.randint(smallest, largest)
        head = bytes.fromhex('020000000001 020000000002 88b5') + struct.pack('!I', number)
        frame = (head + chance.randbytes(length))[:length]
        when = 1_700_000_000_000_000 + number * gap_us
        file.write(struct.pack('<IIII', when // 1_000_000, when % 1_000_000, length, length) + frame)
