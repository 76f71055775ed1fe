"""Listens as a service manager does, sd_notify(3): prints what COMMAND sends to NOTIFY_SOCKET, and ends it when it is ready.

notify_socket.py PATH COMMAND...: a PATH that begins with @ is abstract.
"""
import os
import socket
import subprocess
import sys

path, *command = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind('\0' + path[1:] if path.startswith('@') else path)
child = subprocess.Popen(command, env={**os.environ, 'NOTIFY_SOCKET': path}, stdout=subprocess.DEVNULL)
while True:
    text = listener.recv(4096).decode()
    print(text.replace('\n', ' ').replace(str(child.pid), 'PID'), flush=True)
    if 'READY=1' in text:
        child.terminate()
    if 'STOPPING=1' in text:
        break
sys.exit(child.wait())
