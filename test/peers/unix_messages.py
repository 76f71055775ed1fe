"""Sends one message to the SOCK_SEQPACKET socket PATH: too long a one, or one with 200 descriptors."""
import array
import os
import socket
import sys

path, kind = sys.argv[1:]
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
peer.connect(path)
if kind == "long":
    peer.send(b"x" * 1000)
else:
    descriptors = array.array("i", [os.open("/dev/null", os.O_RDONLY) for _ in range(200)])
    peer.sendmsg([b"{}"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
