"""A user of a holder that is not rtap: leases one queue by the protocol of rtap-hold(8), and obeys its standard input.

lease_user.py PATH QUEUE: says "lent" when it has the queue. A line `read` is answered by how many frames waited there; after
`close` it has left the holder, and lives on with the queue. It ends with its input.
"""
import array
import json
import os
import socket
import sys

path, queue = sys.argv[1], int(sys.argv[2])
holder = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
holder.settimeout(60)
holder.connect(path)
holder.recv(65536)
holder.send(json.dumps({'rtap': 1, 'type': 'lease', 'queues': [queue], 'share': False, 'command': 'a user'}).encode())
data, ancillary, _, _ = holder.recvmsg(65536, socket.CMSG_SPACE(4))
answer = json.loads(data)
if answer['type'] != 'lent' or answer['queues'] != [queue]:
    sys.exit(data.decode())
descriptors = array.array('i')
for _, _, part in ancillary:
    descriptors.frombytes(part)
(tap,) = descriptors
os.set_blocking(tap, False)
print('lent', flush=True)


def waiting():
    count = 0
    while True:
        try:
            os.read(tap, 70_000)
        except BlockingIOError:
            return count
        count += 1


for line in sys.stdin:
    if line.strip() == 'close':
        holder.close()
        print('closed', flush=True)
    else:
        print(waiting(), flush=True)
