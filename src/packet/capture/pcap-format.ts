// Source: pcap-savefile(5); the IETF draft "PCAP Capture File Format". Bytes.

export const PCAP_FILE_HEADER_SIZE = 24;
export const PCAP_FILE_MAGIC = 0; //          uint32_t
export const PCAP_FILE_VERSION_MAJOR = 4; //  uint16_t
export const PCAP_FILE_VERSION_MINOR = 6; //  uint16_t
// Between these two: int32_t thiszone and uint32_t sigfigs, always 0.
export const PCAP_FILE_SNAPLEN = 16; //       uint32_t
export const PCAP_FILE_LINKTYPE = 20; //      uint32_t

export const PCAP_RECORD_HEADER_SIZE = 16;
export const PCAP_RECORD_SECONDS = 0; //          uint32_t
export const PCAP_RECORD_FRACTION = 4; //         uint32_t, micro- or nanoseconds
export const PCAP_RECORD_CAPTURED_LENGTH = 8; //  uint32_t
export const PCAP_RECORD_ORIGINAL_LENGTH = 12; // uint32_t

/** Timestamps in microseconds, as read in the file's own byte order. */
export const PCAP_MAGIC_MICROSECONDS = 0xa1b2c3d4;
/** Timestamps in nanoseconds. */
export const PCAP_MAGIC_NANOSECONDS = 0xa1b23c4d;
/** Alexey Kuznetsov's "modified" pcap with microseconds, whose record headers are longer. */
export const PCAP_MAGIC_MODIFIED = 0xa1b2cd34;
/** Source: libpcap, struct pcap_sf_patched_pkthdr. Behind the usual fields: interface, protocol, packet type. Bytes. */
export const PCAP_MODIFIED_RECORD_HEADER_SIZE = 24;

export const PCAP_VERSION_MAJOR = 2;
export const PCAP_VERSION_MINOR = 4;
/** Files of earlier versions have the original length before the captured one; those of this version may have. */
export const PCAP_VERSION_MINOR_EITHER_ORDER = 3;

/** The link type, without the bits above it about a frame check sequence. */
export const PCAP_LINKTYPE_MASK = 0x03ffffff;
/** Each frame ends with a frame check sequence. */
export const PCAP_FCS_PRESENT = 0x04000000;
/** The bits from here on are its length in units of two bytes. */
export const PCAP_FCS_LENGTH_SHIFT = 28;
/** Frames that begin with an Ethernet header. */
export const LINKTYPE_ETHERNET = 1;
/** Four bytes of address family in the byte order of the machine that captured. */
export const LINKTYPE_NULL = 0;
/** The same in big-endian order. */
export const LINKTYPE_LOOP = 108;
/** An IPv4 or IPv6 packet. */
export const LINKTYPE_RAW = 101;
/** DLT_RAW, which some programs write in place of LINKTYPE_RAW. */
export const LINKTYPE_RAW_BSD = 12;
/** DLT_RAW of OpenBSD. */
export const LINKTYPE_RAW_OPENBSD = 14;
export const LINKTYPE_IPV4 = 228;
export const LINKTYPE_IPV6 = 229;
/** A "cooked" header in place of a link layer, as of the device "any" of Linux. */
export const LINKTYPE_LINUX_SLL = 113;
export const LINKTYPE_LINUX_SLL2 = 276;

/** libpcap's MAXIMUM_SNAPLEN. A record that claims more is corrupt, and no memory is allocated for it. */
export const CAPTURED_LENGTH_MAX = 262144;

// Source: the list of link-layer header types of tcpdump.org: those that captures often have.
const LINK_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [LINKTYPE_NULL, 'BSD loopback'],
  [LINKTYPE_RAW_BSD, 'raw IP'],
  [LINKTYPE_RAW_OPENBSD, 'raw IP'],
  [LINKTYPE_RAW, 'raw IP'],
  [105, '802.11'],
  [LINKTYPE_LOOP, 'OpenBSD loopback'],
  [LINKTYPE_LINUX_SLL, 'Linux cooked'],
  [127, 'radiotap'],
  [LINKTYPE_IPV4, 'raw IPv4'],
  [LINKTYPE_IPV6, 'raw IPv6'],
  [LINKTYPE_LINUX_SLL2, 'Linux cooked v2'],
]);

/** `113 (Linux cooked)`; the number alone if it has no name here. */
export function describeLinkType(linkType: number): string {
  const name = LINK_TYPE_NAMES.get(linkType);
  return name === undefined ? `${linkType}` : `${linkType} (${name})`;
}
