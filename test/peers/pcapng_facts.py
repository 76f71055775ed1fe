"""Prints the packets of a little-endian pcapng: "STATE HEADER FRAME" in hex, of rtap's custom option; "-" for none.

A second opinion, written without rtap's reader and writer.
"""
import struct
import sys

EPB, OPT_CUSTOM_BINARY, ENTERPRISE, MARKER = 6, 2989, 32473, b'rtap-vnh'


def facts(options):
    while len(options) >= 4:
        code, length = struct.unpack('<HH', options[:4])
        value = options[4 : 4 + length]
        if code == 0:
            break
        if code == OPT_CUSTOM_BINARY and value[:12] == struct.pack('<I', ENTERPRISE) + MARKER:
            state, size = value[12], value[13]
            return '%02x %s' % (state, value[14 : 14 + size].hex())
        options = options[4 + (length + 3) // 4 * 4 :]
    return '- -'


data = open(sys.argv[1], 'rb').read()
at = 0
while at < len(data):
    kind, length = struct.unpack('<II', data[at : at + 8])
    if kind == EPB:
        captured = struct.unpack('<I', data[at + 20 : at + 24])[0]
        frame = data[at + 28 : at + 28 + captured]
        end = at + 28 + (captured + 3) // 4 * 4
        print(facts(data[end : at + length - 4]), frame.hex())
    at += length
