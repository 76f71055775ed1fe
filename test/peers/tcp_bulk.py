"""One side of a TCP transfer, in a namespace of its own: waits for its device, gives it an address, and transfers.

unshare -n python3 tcp_bulk.py DEVICE ADDRESS/PREFIX [PEER BYTES]: with PEER it sends so many bytes there, else it
receives until the sender closes. Says "waiting" first, then "N bytes", on standard output.
"""
import socket
import subprocess
import sys
import time

PORT = 5001
device, address = sys.argv[1:3]

print('waiting', flush=True)
while subprocess.run(['ip', 'link', 'show', device], capture_output=True).returncode != 0:
    time.sleep(0.005)
subprocess.run(['ip', 'addr', 'add', address, 'dev', device], check=True)
subprocess.run(['ip', 'link', 'set', device, 'up'], check=True)


def connect(peer):
    while True:
        try:
            return socket.create_connection((peer, PORT), timeout=10)
        except OSError:
            time.sleep(0.01)


if len(sys.argv) > 3:
    count = int(sys.argv[4])
    with connect(sys.argv[3]) as connection:
        connection.sendall(bytes(n * 7 & 255 for n in range(256)) * (count // 256))
else:
    with socket.create_server(('', PORT)) as server:
        connection, _ = server.accept()
        with connection:
            count = 0
            while data := connection.recv(1 << 20):
                count += len(data)
print('%d bytes' % count, flush=True)
