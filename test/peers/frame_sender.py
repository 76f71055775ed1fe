"""Lets the kernel send Ethernet frames out of a device, past its queueing discipline, and counts each attempt.

frame_sender.py DEVICE FLOWS COUNT [INTERVAL_US]: COUNT UDP frames of 60 bytes, the flows in turn, each from a port of its own.
An attempt ends in the kernel's tx_packets when it is read, or in its tx_dropped. Prints how many attempts the kernel took:
all, unless the device was switched off or went away.
"""
import errno
import socket
import struct
import sys
import time

# Source: include/uapi/linux/if_packet.h
SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20
ENDED = (errno.ENETDOWN, errno.ENXIO, errno.ENODEV)

device, flows, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
interval = (int(sys.argv[4]) if len(sys.argv) > 4 else 0) / 1e6


def frame(flow):
    ethernet = bytes.fromhex('020000000002020000000001') + b'\x08\x00'
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 46, 0, 0, 64, 17, 0, b'\x0a\x00\x00\x01', b'\x0a\x00\x00\x02')
    return ethernet + ip + struct.pack('!HHHH', 20_000 + flow, 9, 26, 0) + bytes(18)


sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sender.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
attempts = 0
try:
    sender.bind((device, 0))
    frames = [frame(flow) for flow in range(flows)]
    for number in range(count):
        try:
            sender.send(frames[number % flows])
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # Dropped, and counted.
                raise
        attempts += 1
        if interval:
            time.sleep(interval)
except OSError as error:
    if error.errno not in ENDED:
        raise
print(attempts)
