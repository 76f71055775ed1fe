import { Descriptor } from './descriptor.js';
import { callError, errnoOf } from './errno.js';
import { c, checked, type Purpose, unchecked } from './libc.js';
import { LITTLE_ENDIAN } from './platform.js';
import {
  AF_INET,
  openSocket,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_STREAM,
  SOL_SOCKET,
} from './socket.js';

// Source: include/uapi/linux/in.h, struct sockaddr_in. Bytes.
const SIN_FAMILY = 0; // unsigned short
const SIN_PORT = 2; //   __be16
const SIN_ADDR = 4; //   __be32
const SOCKADDR_IN_SIZE = 16;

// Source: include/uapi/linux/in.h, include/linux/socket.h
const IPPROTO_ICMP = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

// Source: include/uapi/asm-generic/socket.h
const SO_REUSEADDR = 2;

const EINPROGRESS = errnoOf('EINPROGRESS');

/** An IPv4 address of four bytes, and a TCP port. */
export interface InetAddress {
  readonly address: Uint8Array;
  readonly port: number;
}

/** An IPv4 socket in this thread's network namespace that never waits: -EAGAIN instead. */
export class InetSocket implements Disposable {
  readonly #descriptor: Descriptor;

  private constructor(descriptor: Descriptor) {
    this.#descriptor = descriptor;
  }

  /**
   * Listens for a TCP connection at `local`, even if an earlier connection there is still closing. `accept` takes it.
   */
  static listen(local: InetAddress): InetSocket {
    const purpose = { action: 'listen at', object: `port ${local.port}` };
    return InetSocket.#open(SOCK_STREAM, 0, purpose, (fd) => {
      const yes = new Uint8Array(Int32Array.of(1).buffer);
      checked(purpose, 'setsockopt(SO_REUSEADDR)', () =>
        c.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, yes, yes.length),
      );
      checked(purpose, 'bind(AF_INET)', () => c.bind(fd, encode(local), SOCKADDR_IN_SIZE));
      checked(purpose, 'listen', () => c.listen(fd, 1));
    });
  }

  /** Starts a TCP connection to `remote`. `send` answers -EAGAIN until it is established. */
  static connect(remote: InetAddress): InetSocket {
    const purpose = { action: 'connect to', object: `port ${remote.port}` };
    return InetSocket.#open(SOCK_STREAM | SOCK_NONBLOCK, 0, purpose, (fd) => {
      const result = unchecked(() => c.connect(fd, encode(remote), SOCKADDR_IN_SIZE));
      if (result < 0 && result !== -EINPROGRESS) throw callError(purpose, 'connect(AF_INET)', -result);
    });
  }

  /**
   * Opens a socket that sends ICMP messages to `address` and receives the answers, with their IPv4 header. Needs
   * CAP_NET_RAW.
   */
  static icmp(address: Uint8Array): InetSocket {
    const purpose = { action: 'ask', object: 'peer' };
    return InetSocket.#open(SOCK_RAW, IPPROTO_ICMP, purpose, (fd) => {
      const remote = encode({ address, port: 0 });
      checked(purpose, 'connect(AF_INET)', () => c.connect(fd, remote, SOCKADDR_IN_SIZE));
    });
  }

  static #open(type: number, protocol: number, purpose: Purpose, prepare: (fd: number) => void): InetSocket {
    const descriptor = openSocket({ domain: AF_INET, type, protocol }, purpose);
    try {
      prepare(descriptor.fd);
      return new InetSocket(descriptor);
    } catch (error) {
      descriptor[Symbol.dispose]();
      throw error;
    }
  }

  /** The number, for poll(2); -1 once closed. Borrowed. */
  get fd(): number {
    return this.#descriptor.fd;
  }

  /** Accepts the connection that has come. Call it when `fd` is readable. */
  accept(): InetSocket {
    const purpose = { action: 'accept', object: 'connection' };
    const fd = checked(purpose, 'accept4', () => c.accept4(this.fd, null, null, SOCK_CLOEXEC));
    return new InetSocket(new Descriptor(fd));
  }

  /** Sends `bytes`. Returns how many bytes the kernel took, or a negative errno. */
  send(bytes: Uint8Array): number {
    return unchecked(() => c.send(this.fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL));
  }

  /** Receives into `bytes`. Returns how many bytes came, 0 at the end, or a negative errno. */
  receive(bytes: Uint8Array): number {
    return unchecked(() => c.recv(this.fd, bytes, bytes.length, MSG_DONTWAIT));
  }

  [Symbol.dispose](): void {
    this.#descriptor[Symbol.dispose]();
  }
}

function encode({ address, port }: InetAddress): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_IN_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint16(SIN_FAMILY, AF_INET, LITTLE_ENDIAN);
  view.setUint16(SIN_PORT, port);
  bytes.set(address, SIN_ADDR);
  return bytes;
}
