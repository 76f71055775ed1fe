"""Prints what an AF_PACKET socket on a device sees, without taking it: "TIME HEX" a frame.

packet_socket.py DEVICE in|out [QUEUE]: frames that the kernel received from the device, or sent out of it; of one
queue by a classic BPF filter on SKF_AD_QUEUE. Says "ready" on standard error, ends when its input ends, after a last look.
"""
import ctypes
import select
import socket
import struct
import sys

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SOL_PACKET, PACKET_AUXDATA = 263, 8
SO_ATTACH_FILTER, SO_RCVBUFFORCE = 26, 33
SO_TIMESTAMPNS = 35
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
SKF_AD_OFF, SKF_AD_QUEUE, SKF_AD_PKTTYPE = -0x1000, 24, 4
BPF_LD_W_ABS, BPF_JEQ, BPF_RET = 0x20, 0x15, 0x06

device, direction = sys.argv[1:3]
queue = int(sys.argv[3]) if len(sys.argv) > 3 else None


def instruction(code, jump_true, jump_false, k):
    return struct.pack('HBBI', code, jump_true, jump_false, k & 0xFFFFFFFF)


def attach_queue_filter(sock, number):
    program = (
        instruction(BPF_LD_W_ABS, 0, 0, SKF_AD_OFF + SKF_AD_QUEUE)
        + instruction(BPF_JEQ, 0, 1, number)
        + instruction(BPF_RET, 0, 0, 0x40000)
        + instruction(BPF_RET, 0, 0, 0)
    )
    memory = ctypes.create_string_buffer(program)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack('HL', 4, ctypes.addressof(memory)))


def whole(frame, ancillary):
    """The frame with the VLAN tag that the kernel took out."""
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tci, tpid = struct.unpack('IIIHHHH', data[:20])
            if status & TP_STATUS_VLAN_VALID:
                tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
                return frame[:12] + struct.pack('!HH', tpid, tci) + frame[12:]
    return frame


def when(ancillary):
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            return '%d.%09d' % struct.unpack('ll', data)
    return '0'


def take(sock, lines):
    while True:
        try:
            frame, ancillary, _, address = sock.recvmsg(200_000, 256)
        except BlockingIOError:
            return
        if (address[2] == PACKET_OUTGOING) == (direction == 'out'):
            lines.append('%s %s' % (when(ancillary), whole(frame, ancillary).hex()))


sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 * 1024 * 1024)
sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
sock.setblocking(False)
if queue is not None:
    attach_queue_filter(sock, queue)
sock.bind((device, ETH_P_ALL))
print('ready', file=sys.stderr, flush=True)
lines = []
while True:
    readable, _, _ = select.select([sock, sys.stdin], [], [])
    if sock in readable:
        try:
            take(sock, lines)
        except OSError:
            break  # The device is gone or down.
    if sys.stdin in readable:
        break
try:
    take(sock, lines)
except OSError:
    pass
sys.stdout.write(''.join(line + '\n' for line in lines))
