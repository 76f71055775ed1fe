"""Sends numbered frames of an unused EtherType out of a device, for its user side to read.

numbered_frames.py DEVICE COUNT: the bytes are those of frameOf() in test/kernel/capture.ts.
"""
import socket
import struct
import sys

device, count = sys.argv[1], int(sys.argv[2])
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((device, 0))
for number in range(count):
    head = bytes.fromhex('02000000000102000000000288b5') + struct.pack('!I', number)
    sock.send(head.ljust(60, b'\x5a'))
