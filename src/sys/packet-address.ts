import { LITTLE_ENDIAN } from './platform.js';
import { AF_PACKET } from './socket.js';

// Source: include/uapi/linux/if_packet.h, struct sockaddr_ll. Bytes.
const SLL_FAMILY = 0; //   unsigned short
const SLL_PROTOCOL = 2; // __be16
const SLL_IFINDEX = 4; //  int
const SOCKADDR_LL_SIZE = 20;

/** The address of an AF_PACKET socket at the interface with index `ifindex`, for frames of `protocol` (ETH_P_*); 0 for none. */
export function encodePacketAddress(ifindex: number, protocol: number): Uint8Array {
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_SIZE));
  address.setUint16(SLL_FAMILY, AF_PACKET, LITTLE_ENDIAN);
  address.setUint16(SLL_PROTOCOL, protocol);
  address.setInt32(SLL_IFINDEX, ifindex, LITTLE_ENDIAN);
  return new Uint8Array(address.buffer);
}
