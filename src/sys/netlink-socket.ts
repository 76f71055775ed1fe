import type { Descriptor } from './descriptor.js';
import { c, checked, type Purpose, unchecked } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';
import { AF_NETLINK, openSocket, SOCK_RAW, SOL_SOCKET } from './socket.js';

// Source: include/uapi/linux/netlink.h, include/linux/socket.h, include/uapi/asm-generic/socket.h
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_PEEK = 0x2;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const SOCKADDR_NL_SIZE = 12;
export const NETLINK_ROUTE = 0;

const NOTHING = new Uint8Array(0);

/** A netlink socket bound to an address that the kernel chose, with extended acknowledgements on. netlink(7). */
export class NetlinkSocket implements Disposable {
  readonly #descriptor: Descriptor;

  private constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
  }

  /** Opens a socket of `protocol` (NETLINK_ROUTE) in the network namespace of this thread. */
  static open(protocol: number, purpose: Purpose): NetlinkSocket {
    const descriptor = openSocket({ domain: AF_NETLINK, type: SOCK_RAW, protocol }, purpose);
    try {
      const address = new Uint8Array(SOCKADDR_NL_SIZE);
      new DataView(address.buffer).setUint16(0, AF_NETLINK, LITTLE_ENDIAN);
      checked(purpose, 'bind(AF_NETLINK)', () => c.bind(descriptor.fd, address, SOCKADDR_NL_SIZE));
      const socket = new NetlinkSocket(descriptor);
      socket.#tryOption(SOL_NETLINK, NETLINK_EXT_ACK, 1);
      socket.#tryOption(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
      return socket;
    } catch (error) {
      descriptor[Symbol.dispose]();
      throw error;
    }
  }

  /** The number, for poll(2); -1 once closed. Borrowed. */
  get fd(): number {
    return this.#descriptor.fd;
  }

  /** Joins a multicast group (RTNLGRP_*). Throws a SystemError. */
  join(group: number, purpose: Purpose): void {
    const value = intBytes(group);
    const fd = this.fd;
    checked(purpose, 'setsockopt(NETLINK_ADD_MEMBERSHIP)', () =>
      c.setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, value, value.byteLength),
    );
  }

  /** Asks for a receive buffer of `bytes`. Without CAP_NET_ADMIN the kernel may give less (net.core.rmem_max). */
  setReceiveBuffer(bytes: number): void {
    this.#tryOption(SOL_SOCKET, SO_RCVBUF, bytes);
    this.#tryOption(SOL_SOCKET, SO_RCVBUFFORCE, bytes);
  }

  /** Sends one datagram. Throws a SystemError. */
  send(message: Uint8Array, purpose: Purpose): void {
    const fd = this.fd;
    checked(purpose, 'send(AF_NETLINK)', () => c.send(fd, message, message.byteLength, 0));
  }

  /** Waits for the next datagram, which stays queued. Returns its bytes. */
  peek(purpose: Purpose): number {
    const fd = this.fd;
    return checked(purpose, 'recv(AF_NETLINK)', () => c.recv(fd, NOTHING, 0, MSG_PEEK | MSG_TRUNC));
  }

  /** Waits for the next datagram and takes it. Returns its bytes. `buffer` holds as many as fit. */
  receive(buffer: Uint8Array, purpose: Purpose): number {
    const fd = this.fd;
    return checked(purpose, 'recv(AF_NETLINK)', () => c.recv(fd, buffer, buffer.byteLength, MSG_TRUNC));
  }

  /**
   * As `receive`, without waiting. Returns -EAGAIN if nothing is queued, and -ENOBUFS if events were lost, before
   * those that are queued.
   */
  receiveNow(buffer: Uint8Array): number {
    return unchecked(() => c.recv(this.fd, buffer, buffer.byteLength, MSG_TRUNC | MSG_DONTWAIT));
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }

  /** Sets an option that older kernels lack and that nothing depends on. */
  #tryOption(level: number, name: number, value: number): void {
    const bytes = intBytes(value);
    c.setsockopt(this.fd, level, name, bytes, bytes.byteLength);
  }
}

function intBytes(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}
