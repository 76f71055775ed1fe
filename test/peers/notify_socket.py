"""Listens as a service manager does, sd_notify(3): prints what COMMAND sends to NOTIFY_SOCKET, and ends it when it is ready.

notify_socket.py PATH COMMAND...: a PATH that begins with @ is abstract. With --keep before PATH others end COMMAND, and it listens
until it hears of a successor.
"""
import os
import socket
import subprocess
import sys

keep = sys.argv[1] == '--keep'
path, *command = sys.argv[2 if keep else 1:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind('\0' + path[1:] if path.startswith('@') else path)
child = subprocess.Popen(command, env={**os.environ, 'NOTIFY_SOCKET': path}, stdout=subprocess.DEVNULL)
while True:
    text = listener.recv(4096).decode()
    print(text.replace('\n', ' ').replace(str(child.pid), 'PID'), flush=True)
    if 'READY=1' in text and not keep:
        child.terminate()
    if 'STOPPING=1' in text or text.startswith('MAINPID='):
        break
sys.exit(child.wait())
