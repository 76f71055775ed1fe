"""Runs a program on a terminal that nothing reads, sends it SIGTERM when the terminal is full, and prints how it ended.

unread_terminal.py PROGRAM ARGUMENT...
"""
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
import time

pid, terminal = pty.fork()
if pid == 0:
    os.environ['TERM'] = 'xterm'
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('4H', 50, 200, 0, 0))


def waiting():
    """Bytes that the program has written."""
    return struct.unpack('i', fcntl.ioctl(terminal, termios.FIONREAD, b'1234'))[0]


# Full: it has written something, and nothing more for a while.
before, quiet = 0, 0
while quiet < 20:
    time.sleep(0.1)
    now = waiting()
    quiet = quiet + 1 if now == before and now > 0 else 0
    before = now
os.kill(pid, signal.SIGTERM)
print('ended', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
