// Source: include/uapi/linux/if_packet.h
export const PACKET_OUTGOING = 4;
export const TP_STATUS_VLAN_VALID = 0x10;
export const TP_STATUS_VLAN_TPID_VALID = 0x40;

// Source: include/uapi/linux/if_packet.h, struct tpacket_block_desc with struct tpacket_hdr_v1. Bytes.
export const BLOCK_STATUS = 8; //        __u32
export const BLOCK_NUM_PKTS = 12; //     __u32
export const BLOCK_FIRST_PKT = 16; //    __u32, from the block's first byte
export const BLOCK_OPENED_SEC = 32; //   unsigned int, of ts_first_pkt: when the kernel began to fill the block
export const BLOCK_OPENED_NSEC = 36; //  unsigned int

// Source: include/uapi/linux/if_packet.h, struct tpacket3_hdr. Bytes.
export const FRAME_NEXT_OFFSET = 0; // __u32, from this frame's header
export const FRAME_SEC = 4; //         __u32
export const FRAME_NSEC = 8; //        __u32
export const FRAME_SNAPLEN = 12; //    __u32
export const FRAME_LEN = 16; //        __u32
export const FRAME_STATUS = 20; //     __u32
export const FRAME_MAC = 24; //        __u16
export const FRAME_VLAN_TCI = 32; //   __u32
export const FRAME_VLAN_TPID = 36; //  __u16

// Source: include/uapi/linux/if_packet.h: sll_pkttype of the struct sockaddr_ll that follows the header
export const FRAME_PKTTYPE = 58; // unsigned char
