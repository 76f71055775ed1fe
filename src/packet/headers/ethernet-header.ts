// Source: include/uapi/linux/if_ether.h, struct ethhdr. Bytes.
export const ETH_HLEN = 14;
export const ETH_DEST = 0; //   unsigned char[6]
export const ETH_SOURCE = 6; // unsigned char[6]
export const ETH_PROTO = 12; // __be16

// Source: include/linux/if_vlan.h, struct vlan_hdr, which follows the ethertype of a tag. Bytes.
export const VLAN_HLEN = 4;
export const VLAN_TCI = 0; //               __be16: priority (3 bits), DEI, VLAN id (12 bits)
export const VLAN_ENCAPSULATED_PROTO = 2; // __be16

export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_RARP = 0x8035;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_8021AD = 0x88a8;
/** Numbers of tags from before 802.1ad. */
export const ETH_P_QINQ1 = 0x9100;
export const ETH_P_QINQ2 = 0x9200;

/** Up to this number the field is the length of an 802.3 frame with an LLC header. 1501 to 1535 have no meaning. */
export const ETH_LENGTH_MAX = 1500;

/** What `networkOffset` returns for a frame that ends within its link layer. */
export const NO_NETWORK_HEADER = -1;

/** Whether a VLAN tag follows this ethertype. */
export function isVlanEtherType(etherType: number): boolean {
  return (
    etherType === ETH_P_8021Q ||
    etherType === ETH_P_8021AD ||
    etherType === ETH_P_QINQ1 ||
    etherType === ETH_P_QINQ2
  );
}

/**
 * Where the network header begins, behind all VLAN tags, in the frame from `start` to before `end`. The two bytes before
 * it are the ethertype or the 802.3 length. NO_NETWORK_HEADER if the frame is cut before.
 */
export function networkOffset(frame: Uint8Array, start = 0, end = frame.length): number {
  let offset = start + ETH_HLEN;
  while (offset <= end) {
    if (!isVlanEtherType((frame[offset - 2]! << 8) | frame[offset - 1]!)) return offset;
    offset += VLAN_HLEN;
  }
  return NO_NETWORK_HEADER;
}
