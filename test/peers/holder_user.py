"""Talks to a holder's socket without rtap's help, by the protocol of rtap-hold(8).

holder_user.py PATH MESSAGE...: prints what the holder says first, sends each MESSAGE, and prints each answer with the number of
descriptors that came along; "END" where the connection has ended.
"""
import array
import socket
import sys

path, *messages = sys.argv[1:]
user = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
user.settimeout(20)
user.connect(path)


def hear():
    try:
        data, ancillary, _, _ = user.recvmsg(65536, socket.CMSG_SPACE(256 * 4))
    except ConnectionResetError:
        # The holder has ended it before it read what was sent meanwhile: unix(7).
        data, ancillary = b'', []
    if not data:
        print('END')
        sys.exit(0)
    descriptors = array.array('i')
    for _, _, bytes_ in ancillary:
        descriptors.frombytes(bytes_)
    print(len(descriptors), data.decode(), flush=True)


hear()
for message in messages:
    try:
        user.send(message.encode())
    except BrokenPipeError:
        print('END')
        break
    hear()
