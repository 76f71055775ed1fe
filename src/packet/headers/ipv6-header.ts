// Source: include/uapi/linux/ipv6.h, struct ipv6hdr. Bytes; multi-byte fields are big-endian.
export const IPV6_HEADER_SIZE = 40;
export const IPV6_VERSION_CLASS_FLOW = 0; // __be32: version (4 bits), traffic class (8), flow label (20)
export const IPV6_PAYLOAD_LENGTH = 4; //     __be16
export const IPV6_NEXT_HEADER = 6; //        __u8
export const IPV6_HOP_LIMIT = 7; //          __u8
export const IPV6_SOURCE = 8; //             struct in6_addr
export const IPV6_DESTINATION = 24; //       struct in6_addr

// Source: include/net/ipv6.h, struct frag_hdr. Bytes.
export const IPV6_FRAGMENT_SIZE = 8;
export const IPV6_FRAGMENT_OFFSET = 2; //      __be16: offset in bytes (its lowest 3 bits are not part of it)
export const IPV6_FRAGMENT_ID = 4; //          __be32

/** IPV6_FRAGMENT_OFFSET: the offset in bytes. */
export const IP6_OFFSET = 0xfff8;
/** IPV6_FRAGMENT_OFFSET: more fragments follow. */
export const IP6_MF = 0x0001;
