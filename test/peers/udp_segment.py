"""udp_segment.py ADDRESS PORT SEGMENT BYTES: sends BYTES in one call, in datagrams of SEGMENT (UDP_SEGMENT)."""
import socket
import sys

SOL_UDP, UDP_SEGMENT = 17, 103

address, port, segment, count = sys.argv[1], *map(int, sys.argv[2:])
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(SOL_UDP, UDP_SEGMENT, segment)
sock.sendto(bytes(at * 7 & 255 for at in range(count)), (address, port))
