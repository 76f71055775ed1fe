import { ArgumentRangeError } from '../errors.js';
import { isSystemError } from '../sys/errno.js';
import type { Purpose } from '../sys/libc.js';
import { AF_INET, AF_INET6 } from '../sys/socket.js';
import { decodeAddress, type IpNetwork, type LinkAddress } from './address.js';
import { AttributeWriter } from './attribute.js';
import { RouteConnection } from './connection.js';
import {
  buildAddressMessage,
  IFA_ADDRESS,
  IFA_LOCAL,
  RT_SCOPE_HOST,
  RT_SCOPE_UNIVERSE,
  RTM_GETADDR,
  RTM_NEWADDR,
} from './ifaddrmsg.js';
import { AF_UNSPEC } from './ifinfomsg.js';
import { NLM_F_CREATE, NLM_F_EXCL } from './message.js';

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
/** The first byte of 127.0.0.0/8. */
const LOOPBACK_NETWORK = 127;

/** Reads and adds IP addresses of the links of one network namespace. */
export class Addresses implements Disposable {
  readonly #connection: RouteConnection;

  private constructor(connection: RouteConnection) {
    this.#connection = connection;
  }

  /** Opens the addresses of the network namespace that this thread is in. */
  static open(): Addresses {
    return new Addresses(RouteConnection.open());
  }

  /** Lists the IPv4 and IPv6 addresses of the link with this index, which messages call `name`. */
  list(index: number, name: string): LinkAddress[] {
    const request = buildAddressMessage(RTM_GETADDR, { family: AF_UNSPEC, index });
    const call = { action: 'list addresses of', object: name, syscall: 'RTM_GETADDR' };
    try {
      const addresses = this.#connection.dump(request, call, decodeAddress);
      // Kernels before Linux 5.0 send those of all links.
      return addresses.filter((address) => address?.index === index) as LinkAddress[];
    } catch (error) {
      if (isSystemError(error, 'ENODEV')) return [];
      throw error;
    }
  }

  /** Gives the link with this index an address. Throws a NetlinkError: EEXIST if it has it already. */
  add(index: number, { bytes, prefixLength }: IpNetwork, purpose: Purpose): void {
    const ipv4 = bytes.length === IPV4_BYTES;
    if (!ipv4 && bytes.length !== IPV6_BYTES)
      throw new ArgumentRangeError(
        `cannot ${purpose.action} "${purpose.object}": it has ${bytes.length} bytes`,
      );
    if (!(prefixLength >= 0 && prefixLength <= 8 * bytes.length))
      throw new ArgumentRangeError(`cannot ${purpose.action} "${purpose.object}": its prefix is too long`);
    const request = buildAddressMessage(RTM_NEWADDR, {
      family: ipv4 ? AF_INET : AF_INET6,
      index,
      prefixLength,
      scope: ipv4 && bytes[0] === LOOPBACK_NETWORK ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
    });
    const attributes = new AttributeWriter(request);
    attributes.bytes(IFA_LOCAL, bytes);
    attributes.bytes(IFA_ADDRESS, bytes);
    const call = { ...purpose, syscall: 'RTM_NEWADDR', flags: NLM_F_CREATE | NLM_F_EXCL };
    this.#connection.execute(request, call, () => undefined);
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}
