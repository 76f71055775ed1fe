"""facts_sender.py DEVICE FILE: sends what FILE lists out of a device, a line a frame: "HEADER FRAME" in hex.

HEADER is the virtio-net header (10 bytes, the machine's order) that goes with it by PACKET_VNET_HDR.
"""
import socket
import sys

ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR = 263, 15

device, path = sys.argv[1:]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
sock.bind((device, ETH_P_ALL))
with open(path) as lines:
    for line in lines:
        sock.send(b''.join(map(bytes.fromhex, line.split())))
