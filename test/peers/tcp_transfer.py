"""TCP of the kernel: tcp_transfer.py receive ADDRESS PORT FILE, or send ADDRESS PORT FILE."""
import socket
import sys

role, address, port, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
if role == "receive":
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen()
    print("listening", flush=True)
    connection, _ = listener.accept()
    with open(path, "wb") as out:
        while data := connection.recv(1 << 16):
            out.write(data)
else:
    with socket.create_connection((address, port)) as connection, open(path, "rb") as data:
        connection.sendall(data.read())
