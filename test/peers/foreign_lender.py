"""Pretends to be the holder of a device, and lends what is no queue of it.

foreign_lender.py FOLDER DEVICE IFINDEX NETNS KIND: serves one client after another at FOLDER/holder, by the protocol of
rtap-hold(8), and lends two descriptors of KIND: `namespace` (queues of a TAP called DEVICE in a network namespace of its own),
`other` (queues of a TAP called other0), `tun` (of a TUN device called tun0), `file` (/dev/zero), `own` (queues of DEVICE).
Says "ready".
"""
import array
import ctypes
import fcntl
import json
import os
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
CLONE_NEWNET = 0x40000000
IFF_TUN, IFF_TAP = 0x0001, 0x0002
FLAGS = 0x1000 | 0x4000 | 0x0100  # IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE

folder, device, ifindex, netns, kind = sys.argv[1:]


def attach(name, mode=IFF_TAP):
    tap = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack('16sH22x', name.encode(), mode | FLAGS))
    return tap


def lent():
    if kind == 'namespace':
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            sys.exit(f'unshare: {os.strerror(ctypes.get_errno())}')
        return attach(device)
    if kind == 'other':
        return attach('other0')
    if kind == 'tun':
        return attach('tun0', IFF_TUN)
    return attach(device) if kind == 'own' else os.open('/dev/zero', os.O_RDWR)


def say(user, message, descriptors=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', descriptors))] if descriptors else []
    user.sendmsg([json.dumps({'rtap': 1, **message}).encode()], rights)


def serve(user):
    # It says that it is process 1, too.
    say(user, {'type': 'greeting', 'holder': {'pid': 1, 'command': 'init'}, 'device': device, 'ifindex': int(ifindex),
               'netns': netns, 'queues': 2, 'leases': [], 'admitted': True})
    while request := user.recv(4096):
        queues = json.loads(request).get('queues', [0, 1])
        say(user, {'type': 'lent', 'queues': queues}, descriptors[:len(queues)])


os.umask(0)
descriptors = [lent() for _ in range(1 if kind == 'namespace' else 2)]
if kind == 'namespace':
    descriptors.append(attach(device))
listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
os.chdir(folder)
if os.path.lexists('holder'):
    os.unlink('holder')
listening.bind('holder')
listening.listen(8)
print('ready', flush=True)
while True:
    client, _ = listening.accept()
    with client:
        try:
            serve(client)
        except (BrokenPipeError, ConnectionResetError):
            pass
