"""Says by which queue of the kernel frames of EtherType 0x88b5 came in from a device.

queue_indexes.py DEVICE QUEUES: says "ready" on standard error. For each line of its input, a number, it waits for that many frames and
prints the kernel's index of each, by the byte behind its EtherType: {"0": 2, "1": 0}.
"""
import ctypes
import json
import select
import socket
import struct
import sys

ETH_P_TEST = 0x88B5
SO_ATTACH_FILTER = 26
SKF_AD_OFF, SKF_AD_QUEUE = -0x1000, 24
BPF_LD_W_ABS, BPF_JEQ, BPF_RET = 0x20, 0x15, 0x06
WAIT_S = 60


def instruction(code, jump_true, jump_false, k):
    return struct.pack('HBBI', code, jump_true, jump_false, k & 0xFFFFFFFF)


def open_socket(device, queue):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    # The kernel counts incoming queues from 1.
    program = (
        instruction(BPF_LD_W_ABS, 0, 0, SKF_AD_OFF + SKF_AD_QUEUE)
        + instruction(BPF_JEQ, 0, 1, queue + 1)
        + instruction(BPF_RET, 0, 0, 0x40000)
        + instruction(BPF_RET, 0, 0, 0)
    )
    memory = ctypes.create_string_buffer(program)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack('HL', 4, ctypes.addressof(memory)))
    sock.bind((device, ETH_P_TEST))
    return sock


device, count = sys.argv[1], int(sys.argv[2])
sockets = {open_socket(device, queue): queue for queue in range(count)}
print('ready', file=sys.stderr, flush=True)
for line in sys.stdin:
    indexes = {}
    while len(indexes) < int(line):
        readable, _, _ = select.select(list(sockets), [], [], WAIT_S)
        if not readable:
            break
        for sock in readable:
            indexes[str(sock.recv(2048)[14])] = sockets[sock]
    print(json.dumps(indexes, sort_keys=True), flush=True)
