"""A user of a holder that changes the device through a queue that it borrowed to send.

changing_user.py PATH UID HEADER_BYTES: borrows queue 0 by the protocol of rtap-hold(8), sets owner and size of the virtio-net
header without any privilege, says "changed", and ends.
"""
import array
import fcntl
import json
import socket
import struct
import sys

TUNSETOWNER, TUNSETVNETHDRSZ = 0x400454CC, 0x400454D8

path, uid, header_bytes = sys.argv[1:]
holder = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
holder.settimeout(60)
holder.connect(path)
holder.recv(65536)
holder.send(json.dumps({'rtap': 1, 'type': 'send', 'queues': [0]}).encode())
_, ancillary, _, _ = holder.recvmsg(65536, socket.CMSG_SPACE(4))
descriptors = array.array('i')
for _, _, part in ancillary:
    descriptors.frombytes(part)
(tap,) = descriptors
fcntl.ioctl(tap, TUNSETOWNER, int(uid))
fcntl.ioctl(tap, TUNSETVNETHDRSZ, struct.pack('i', int(header_bytes)))
print('changed', flush=True)
