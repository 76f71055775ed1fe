// Source: include/uapi/linux/udp.h, struct udphdr. Bytes; all fields are big-endian.
export const UDP_HEADER_SIZE = 8;
export const UDP_SOURCE = 0; //      __be16
export const UDP_DESTINATION = 2; // __be16
export const UDP_LENGTH = 4; //      __be16, header and payload
export const UDP_CHECKSUM = 6; //    __sum16, 0 for none
