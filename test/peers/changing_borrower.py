"""A borrower that changes what belongs to the device, as QEMU does.

changing_borrower.py PATH QUEUES: leases QUEUES (`0,2`) by the protocol of rtap-hold(8). changing_borrower.py lent: takes those of
`rtap lend` (RTAP_FDS). Says "lent", and does what its standard input tells, a line each, with the position of a queue in its list:
`detach 0`, `attach 0`, `header 12`, `offloads 0`, `block 0`, `close` (the connection, or all descriptors that it does not know),
`random` (changes everything until it is killed). Answers each line by "done".
"""
import array
import fcntl
import json
import os
import random
import socket
import struct
import sys

TUNSETOFFLOAD, TUNSETVNETHDRSZ, TUNSETQUEUE = 0x400454D0, 0x400454D8, 0x400454D9
IFF_ATTACH_QUEUE, IFF_DETACH_QUEUE = 0x0200, 0x0400


def borrow(path, queues):
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    holder.settimeout(60)
    holder.connect(path)
    holder.recv(65536)
    request = {'rtap': 1, 'type': 'lease', 'queues': queues, 'share': False, 'command': 'a changer'}
    holder.send(json.dumps(request).encode())
    data, ancillary, _, _ = holder.recvmsg(65536, socket.CMSG_SPACE(4 * len(queues)))
    if json.loads(data)['type'] != 'lent':
        sys.exit(data.decode())
    descriptors = array.array('i')
    for _, _, part in ancillary:
        descriptors.frombytes(part)
    return holder, list(descriptors)


def attach(tap, on):
    flag = IFF_ATTACH_QUEUE if on else IFF_DETACH_QUEUE
    fcntl.ioctl(tap, TUNSETQUEUE, struct.pack('16sH22x', b'', flag))


def set_header(size):
    fcntl.ioctl(taps[0], TUNSETVNETHDRSZ, struct.pack('i', size))


def change_randomly():
    attached = [True] * len(taps)
    while True:
        at = random.randrange(len(taps))
        kind = random.randrange(5)
        if kind < 2:
            attached[at] = not attached[at]
            attach(taps[at], attached[at])
        elif kind == 2:
            set_header(random.choice([10, 12, 20]))
        elif kind == 3:
            fcntl.ioctl(taps[0], TUNSETOFFLOAD, random.choice([0, 1, 3]))
        else:
            os.set_blocking(taps[at], True)


if sys.argv[1] == 'lent':
    holder, taps = None, [int(fd) for fd in os.environ['RTAP_FDS'].split(':')]
else:
    holder, taps = borrow(sys.argv[1], [int(queue) for queue in sys.argv[2].split(',')])
print('lent', flush=True)
for line in sys.stdin:
    what, *value = line.split()
    number = int(value[0]) if value else 0
    if what in ('detach', 'attach'):
        attach(taps[number], what == 'attach')
    elif what == 'header':
        set_header(number)
    elif what == 'offloads':
        fcntl.ioctl(taps[0], TUNSETOFFLOAD, number)
    elif what == 'block':
        os.set_blocking(taps[number], True)
    elif what == 'close' and holder is not None:
        holder.close()
    elif what == 'close':
        for fd in range(3, 256):
            if fd not in taps:
                try:
                    os.close(fd)
                except OSError:
                    pass
    elif what == 'random':
        print('done', flush=True)
        change_randomly()
    print('done', flush=True)
