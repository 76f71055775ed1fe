// Source: include/uapi/linux/ip.h, struct iphdr. Bytes; multi-byte fields are big-endian.
export const IPV4_HEADER_SIZE = 20;
export const IPV4_VERSION_IHL = 0; //   __u8: version (4 bits), header length in 32-bit words (4 bits)
export const IPV4_TOS = 1; //           __u8
export const IPV4_TOTAL_LENGTH = 2; //  __be16
export const IPV4_ID = 4; //            __be16
export const IPV4_FRAGMENT = 6; //      __be16: flags (3 bits), offset in 8-byte units (13 bits)
export const IPV4_TTL = 8; //           __u8
export const IPV4_PROTOCOL = 9; //      __u8
export const IPV4_CHECKSUM = 10; //     __sum16
export const IPV4_SOURCE = 12; //       __be32
export const IPV4_DESTINATION = 16; //  __be32

/** IPV4_FRAGMENT: reserved; the kernel calls it "congestion". Source: include/net/ip.h. */
export const IP_CE = 0x8000;
/** IPV4_FRAGMENT: do not fragment. */
export const IP_DF = 0x4000;
/** IPV4_FRAGMENT: more fragments follow. */
export const IP_MF = 0x2000;
/** IPV4_FRAGMENT: the offset. */
export const IP_OFFMASK = 0x1fff;
