"""A user of a holder that runs one exchange up to the given step, and waits there to be killed.

step_user.py PATH STEP REQUEST: the steps are connect, await-greeting (it has come, and is not read), greeting, request,
await-answer (it has come, descriptors and all, and is not read), and answers 1 to N that are read. STEP is the name or the
number of the last one. Says "before" in front of it and waits for a line, "done" behind it, and then nothing more.
"""
import select
import socket
import sys
import time

path, last, request = sys.argv[1:]
user = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
user.settimeout(60)


def readable():
    if not select.select([user], [], [], 60)[0]:
        sys.exit('nothing came')


def hear():
    if not user.recvmsg(65536, socket.CMSG_SPACE(256 * 4))[0]:
        sys.exit('the holder has ended')


steps = [
    ('connect', lambda: user.connect(path)),
    ('await-greeting', readable),
    ('greeting', hear),
    ('request', lambda: user.send(request.encode())),
    ('await-answer', readable),
    *((str(number), hear) for number in range(1, 9)),
]
for name, step in steps:
    if name == last:
        print('before', flush=True)
        sys.stdin.readline()
    step()
    if name == last:
        print('done', flush=True)
        time.sleep(600)
