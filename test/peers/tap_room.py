"""Sets how many bytes may wait behind each attached queue of a multi-queue TAP before writes into it are refused.

tap_room.py DEVICE BYTES: TUNSETSNDBUF, by a queue of its own that goes again.
"""
import fcntl
import os
import struct
import sys

TUNSETIFF, TUNSETSNDBUF = 0x400454CA, 0x400454D4
IFF_TAP, IFF_MULTI_QUEUE, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x0100, 0x1000, 0x4000

device, size = sys.argv[1], int(sys.argv[2])
queue = os.open('/dev/net/tun', os.O_RDWR)
flags = IFF_TAP | IFF_MULTI_QUEUE | IFF_NO_PI | IFF_VNET_HDR
fcntl.ioctl(queue, TUNSETIFF, struct.pack('16sH22x', device.encode(), flags))
fcntl.ioctl(queue, TUNSETSNDBUF, struct.pack('i', size))
