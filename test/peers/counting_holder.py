"""A user of a TAP that counts what it reads from each queue and what it writes into each.

counting_holder.py DEVICE QUEUES [HEADER_BYTES]: attaches QUEUES queues of a multi-queue device and reads them all. Prints
`ready`. Then, for each line of standard input:

write COUNT FLOWS   writes COUNT frames of UDP over FLOWS flows, into the queues in turn; prints `written`
vlan COUNT ID       the same with a VLAN tag
attach QUEUES       attaches as many more queues; prints `attached`
counts              prints an object: `read` and `written`, a number for each queue

It ends when standard input ends.
"""
import fcntl
import json
import os
import select
import struct
import sys
import threading

TUNSETIFF, TUNSETVNETHDRSZ, TUNSETSNDBUF = 0x400454CA, 0x400454D8, 0x400454D4
IFF_TAP, IFF_MULTI_QUEUE, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x0100, 0x1000, 0x4000

device = sys.argv[1].encode()
queues, read, written = [], [], []
poll = select.epoll()


def attach(count):
    for _ in range(count):
        queue = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
        flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE
        fcntl.ioctl(queue, TUNSETIFF, struct.pack('16sH22x', device, flags))
        if len(sys.argv) > 3:
            fcntl.ioctl(queue, TUNSETVNETHDRSZ, struct.pack('i', int(sys.argv[3])))
        read.append(0)
        written.append(0)
        queues.append(queue)
        poll.register(queue, select.EPOLLIN)


def receive():
    number_of = {}
    while True:
        for fd, _ in poll.poll():
            number = number_of.setdefault(fd, queues.index(fd))
            try:
                for _ in range(64):
                    os.read(fd, 70_000)
                    read[number] += 1
            except BlockingIOError:
                pass


def frame_of(flow, sequence, tag=b''):
    payload = struct.pack('!II', flow, sequence)
    udp = struct.pack('!HHHH', 30_000 + flow, 9, 8 + len(payload), 0) + payload
    head = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), sequence & 0xFFFF, 0, 64, 17, 0, b'\x0a\x01\x00\x02', b'\x0a\x01\x00\x01')
    total = sum(struct.unpack('!10H', head))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack('!H', total ^ 0xFFFF) + head[12:]
    return b'\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02' + tag + b'\x08\x00' + head + udp


def write(count, flows, tag=b''):
    header = bytes(int(sys.argv[3]) if len(sys.argv) > 3 else 10)
    for index in range(count):
        number = index % len(queues)
        os.write(queues[number], header + frame_of(index % flows, index // flows, tag))
        written[number] += 1


attach(int(sys.argv[2]))
threading.Thread(target=receive, daemon=True).start()
print('ready', flush=True)
for line in sys.stdin:
    command, *numbers = line.split()
    numbers = [int(number) for number in numbers]
    if command == 'write':
        write(*numbers)
        print('written', flush=True)
    elif command == 'vlan':
        write(numbers[0], 1, struct.pack('!HH', 0x8100, numbers[1]))
        print('written', flush=True)
    elif command == 'attach':
        attach(*numbers)
        print('attached', flush=True)
    elif command == 'counts':
        print(json.dumps({'read': read, 'written': written}), flush=True)
