"""Prints what an AF_PACKET socket on a device reports about each frame: "HEADER FRAME" in hex.

facts_socket.py DEVICE in|out: frames that the kernel received from the device, or sent out of it, whole and as they
stand, with the virtio-net header (10 bytes, the machine's order) that PACKET_VNET_HDR puts before each. Says "ready" on
standard error, ends when its input ends, after a last look.
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


def take(sock, lines):
    while True:
        try:
            data, _, _, address = sock.recvmsg(200_000)
        except BlockingIOError:
            return
        if (address[2] == PACKET_OUTGOING) == (direction == 'out'):
            lines.append('%s %s' % (data[:HEADER_BYTES].hex(), data[HEADER_BYTES:].hex()))


sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 * 1024 * 1024)
sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
sock.setblocking(False)
sock.bind((device, ETH_P_ALL))
print('ready', file=sys.stderr, flush=True)
lines = []
while True:
    readable, _, _ = select.select([sock, sys.stdin], [], [])
    if sock in readable:
        take(sock, lines)
    if sys.stdin in readable:
        break
take(sock, lines)
sys.stdout.write(''.join(line + '\n' for line in lines))
