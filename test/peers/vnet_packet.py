"""Prints what an AF_PACKET socket with virtio-net headers (PACKET_VNET_HDR) on a device sees: "HEADER FRAME" in hex.

vnet_packet.py DEVICE in|out: says "ready" on standard error, ends when its input ends, after a last look.
"""
import select
import socket
import sys

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SOL_PACKET, PACKET_VNET_HDR = 263, 15
SO_RCVBUFFORCE = 33
HEADER_BYTES = 10

device, direction = sys.argv[1:3]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)


def take(outgoing):
    while True:
        try:
            frame, address = sock.recvfrom(200_000)
        except BlockingIOError:
            return
        if (address[2] == PACKET_OUTGOING) == outgoing:
            print(frame[:HEADER_BYTES].hex(), frame[HEADER_BYTES:].hex())


sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 * 1024 * 1024)
sock.setblocking(False)
sock.bind((device, ETH_P_ALL))
print('ready', file=sys.stderr, flush=True)
while sys.stdin not in select.select([sock, sys.stdin], [], [])[0]:
    take(direction == 'out')
take(direction == 'out')
