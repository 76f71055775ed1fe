"""A holder that kills itself at a step of the exchange with its first user who asks for something.

dying_holder.py FOLDER DEVICE IFINDEX NETNS STEP: attaches two queues of DEVICE and serves them at FOLDER/holder, by the
protocol of rtap-hold(8). It dies at STEP: accepted (before the greeting), greeted (before the request is read), asked (before
the answer), answered; of a hand-over, the number of messages that it has sent of the four (handing-over, queues, connections,
all). Says "ready".
"""
import array
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
SLOW_QUEUES = 64
FLAGS = 0x0002 | 0x1000 | 0x4000 | 0x0100  # IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE

folder, device, ifindex, netns, step = sys.argv[1:]
os.chdir(folder)


def attach(name):
    tap = os.open('/dev/net/tun', os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack('16sH22x', name.encode(), FLAGS))
    return tap


# The kernel closes what was opened last first, and queues slowly: so long it is dying, when its user knows already.
slow = [attach('slow0') for _ in range(SLOW_QUEUES)]
taps = [attach(device) for _ in range(2)]
lock = os.open('holder.lock', os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
if os.path.exists('holder'):
    os.unlink('holder')
listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listening.bind('holder')
listening.listen(8)
# A user of its own, whose connection is handed over.
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def say(user, message, descriptors=()):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', descriptors))] if descriptors else []
    user.sendmsg([json.dumps({'rtap': 1, **message}).encode()], rights)


def die_at(present):
    if present == step:
        os.kill(os.getpid(), signal.SIGKILL)


def serve(user):
    die_at('accepted')
    holder = {'pid': os.getpid(), 'command': 'dying'}
    say(user, {'type': 'greeting', 'holder': holder, 'device': device, 'ifindex': int(ifindex), 'netns': netns,
               'queues': 2, 'leases': [], 'admitted': True})
    die_at('greeted')
    select.select([user], [], [])
    request = user.recv(4096)
    if not request:
        return
    die_at('asked')
    if json.loads(request)['type'] != 'take-over':
        say(user, {'type': 'lent', 'queues': [0, 1]}, taps)
        die_at('answered')
    hand_over(user)


def hand_over(user):
    connection = {'pid': os.getpid(), 'command': 'x', 'queues': [1], 'share': False}
    messages = [
        ({'type': 'handing-over', 'persistent': True}, [lock, listening.fileno()]),
        ({'type': 'queues', 'queues': [0, 1]}, taps),
        ({'type': 'connections', 'connections': [connection]}, [theirs.fileno()]),
        ({'type': 'all'}, []),
    ]
    for number, (message, descriptors) in enumerate(messages, 1):
        say(user, message, descriptors)
        die_at(str(number))


print('ready', flush=True)
while True:
    serve(listening.accept()[0])
