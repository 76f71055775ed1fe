"""Pretends to be a holder, and sends descriptors along with replies.

impostor_holder.py PATH: listens at the SOCK_SEQPACKET socket PATH and says "ready". Each line of standard input is a JSON
array of messages for one connection: the first is sent when a client connects, each other one after a request of the client.
A message is an array of its text and the number of descriptors that come with it. Says "served" when the client has closed
the connection. All descriptors lead to this script, so that a test finds them by its name.
"""
import array
import json
import os
import socket
import sys

REQUEST_BYTES_MAX = 4096


def send(client, text, count):
    descriptors = [os.open(__file__, os.O_RDONLY) for _ in range(count)]
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', descriptors))] if count > 0 else []
    client.sendmsg([text.encode()], rights)
    for descriptor in descriptors:
        os.close(descriptor)


def serve(client, messages):
    first, *others = messages
    send(client, *first)
    for message in others:
        if not client.recv(REQUEST_BYTES_MAX):
            return
        send(client, *message)
    while client.recv(REQUEST_BYTES_MAX):
        pass


listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listening.bind(sys.argv[1])
listening.listen()
print('ready', flush=True)
for line in sys.stdin:
    client, _ = listening.accept()
    with client:
        try:
            serve(client, json.loads(line))
        except (BrokenPipeError, ConnectionResetError):
            pass
    print('served', flush=True)
