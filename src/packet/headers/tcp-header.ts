// Source: include/uapi/linux/tcp.h, struct tcphdr. Bytes; multi-byte fields are big-endian.
export const TCP_HEADER_SIZE = 20;
export const TCP_SOURCE = 0; //       __be16
export const TCP_DESTINATION = 2; //  __be16
export const TCP_SEQUENCE = 4; //     __be32
export const TCP_ACKNOWLEDGE = 8; //  __be32
export const TCP_DATA_OFFSET = 12; // __u8: header length in 32-bit words (4 bits), reserved (4 bits)
export const TCP_FLAGS = 13; //       __u8
export const TCP_WINDOW = 14; //      __be16
export const TCP_CHECKSUM = 16; //    __sum16
export const TCP_URGENT = 18; //      __be16

export const TCP_FLAG_FIN = 0x01;
export const TCP_FLAG_SYN = 0x02;
export const TCP_FLAG_RST = 0x04;
export const TCP_FLAG_PSH = 0x08;
export const TCP_FLAG_ACK = 0x10;
export const TCP_FLAG_URG = 0x20;
export const TCP_FLAG_ECE = 0x40;
export const TCP_FLAG_CWR = 0x80;

// Source: include/net/tcp.h.
export const TCPOPT_EOL = 0;
export const TCPOPT_NOP = 1;
export const TCPOPT_MSS = 2;
export const TCPOPT_WINDOW = 3;
export const TCPOPT_SACK_PERM = 4;
export const TCPOPT_SACK = 5;
export const TCPOPT_TIMESTAMP = 8;
export const TCPOPT_MD5SIG = 19;
export const TCPOPT_MPTCP = 30;
export const TCPOPT_FASTOPEN = 34;
export const TCPOPT_EXP = 254;
