"""A user of TAP devices that is not rtap: makes a device, or attaches to one, and says how its frames look.

tap_user.py DEVICE multi|single vnet|plain [HEADER_BYTES] [leave|hold|idle]: with HEADER_BYTES sets the size of the
virtio-net header. `leave` makes the device persistent and ends; `hold` keeps the queue until standard input ends; `idle`
does so with the queue detached. Prints the size of the header, 0 for none.
"""
import fcntl
import os
import struct
import sys

TUNSETIFF, TUNSETPERSIST = 0x400454CA, 0x400454CB
TUNGETVNETHDRSZ, TUNSETVNETHDRSZ = 0x800454D7, 0x400454D8
TUNSETQUEUE = 0x400454D9
IFF_TAP, IFF_MULTI_QUEUE, IFF_DETACH_QUEUE, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x0100, 0x0400, 0x1000, 0x4000

device, kind, header = sys.argv[1:4]
size = int(sys.argv[4]) if len(sys.argv) > 4 else 0
stay = sys.argv[5] if len(sys.argv) > 5 else 'leave'
flags = IFF_TAP | IFF_NO_PI
flags |= IFF_MULTI_QUEUE if kind == 'multi' else 0
flags |= IFF_VNET_HDR if header == 'vnet' else 0
queue = os.open('/dev/net/tun', os.O_RDWR)
fcntl.ioctl(queue, TUNSETIFF, struct.pack('16sH22x', device.encode(), flags))
if size:
    fcntl.ioctl(queue, TUNSETVNETHDRSZ, struct.pack('i', size))
if stay == 'leave':
    fcntl.ioctl(queue, TUNSETPERSIST, 1)
if stay == 'idle':
    fcntl.ioctl(queue, TUNSETQUEUE, struct.pack('16sH22x', b'', IFF_DETACH_QUEUE))
found = struct.unpack('i', fcntl.ioctl(queue, TUNGETVNETHDRSZ, bytes(4)))[0] if header == 'vnet' else 0
print(found, flush=True)
if stay != 'leave':
    sys.stdin.read()
