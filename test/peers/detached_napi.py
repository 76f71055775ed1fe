"""Usage: detached_napi.py NAME: sends a frame from a detached queue with and one without IFF_NAPI, and prints what the kernel says."""
import errno
import fcntl
import os
import struct
import subprocess
import sys

IFF_TAP, IFF_NAPI, IFF_MULTI_QUEUE, IFF_NO_PI, IFF_DETACH_QUEUE = 2, 0x10, 0x100, 0x1000, 0x400
TUNSETIFF, TUNSETQUEUE = 0x400454CA, 0x400454D9
name = sys.argv[1].encode()
frame = bytes.fromhex('02000000000102000000000288b5') + bytes(46)


def attach(flags):
    fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    flags |= IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE
    fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', name, flags))
    return fd


def send_detached(fd):
    fcntl.ioctl(fd, TUNSETQUEUE, struct.pack('16sH22x', b'', IFF_DETACH_QUEUE))
    try:
        os.write(fd, frame)
        return '0'
    except OSError as error:
        return f'{error.errno} {errno.errorcode[error.errno]}'


first = attach(IFF_NAPI)
subprocess.run(['ip', 'link', 'set', name.decode(), 'up'], check=True)
print(f'with {send_detached(attach(IFF_NAPI))}, without {send_detached(attach(0))}')
