"""Lets the kernel send UDP packets of many flows, stamped with flow and sequence number.

udp_flows.py ADDRESS FLOWS COUNT [INTERVAL_US]: COUNT packets, the flows in turn, each flow from a port of its own;
one every INTERVAL_US, or as fast as possible. Payload: flow, sequence (both u32, network order). Prints what it sent.
COUNT 0: until standard input ends.
"""
import itertools
import select
import socket
import struct
import sys
import time

address, flows, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
interval = (int(sys.argv[4]) if len(sys.argv) > 4 else 0) / 1e6
sockets = []
for flow in range(flows):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # Two runs may send at once.
    sock.bind(('', 20_000 + flow))
    sock.connect((address, 9))
    sockets.append(sock)
begin = time.monotonic()
number = -1
for number in range(count) if count else itertools.count():
    if interval:
        wait = begin + number * interval - time.monotonic()
        if wait > 0:
            time.sleep(wait)
    flow = number % flows
    if not count and flow == 0 and select.select([sys.stdin], [], [], 0)[0]:
        number -= 1
        break
    sockets[flow].send(struct.pack('!II', flow, number // flows))
print(number + 1)
