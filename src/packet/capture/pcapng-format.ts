// Source: the IETF draft draft-tuexen-opsawg-pcapng. Bytes; the order is the section's.

/** Every block: type, total length, body, total length again. Blocks begin at multiples of 4. */
export const BLOCK_TYPE = 0; //         Uint32
export const BLOCK_TOTAL_LENGTH = 4; // Uint32
export const BLOCK_TRAILER_SIZE = 4; // Uint32
export const BLOCK_SIZE_MIN = 12;

export const BLOCK_TYPE_SHB = 0x0a0d0d0a;
export const BLOCK_TYPE_IDB = 1;
export const BLOCK_TYPE_PB = 2;
export const BLOCK_TYPE_SPB = 3;
export const BLOCK_TYPE_ISB = 5;
export const BLOCK_TYPE_EPB = 6;

// Section header block; offsets are from the beginning of the block.
export const SHB_SIZE_MIN = 28;
export const SHB_BYTE_ORDER_MAGIC = 8; // Uint32
export const SHB_VERSION_MAJOR = 12; //   Uint16
export const SHB_VERSION_MINOR = 14; //   Uint16
export const SHB_SECTION_LENGTH = 16; //  Int64, -1 when unknown
export const SHB_OPTIONS = 24;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
export const PCAPNG_VERSION_MAJOR = 1;
export const PCAPNG_VERSION_MINOR = 0;

// Interface description block.
export const IDB_SIZE_MIN = 20;
export const IDB_LINKTYPE = 8; // Uint16
export const IDB_RESERVED = 10; // Uint16, always 0
export const IDB_SNAPLEN = 12; // Uint32, 0 for no limit
export const IDB_OPTIONS = 16;

// Enhanced packet block.
export const EPB_SIZE_MIN = 32;
export const EPB_INTERFACE_ID = 8; //      Uint32
export const EPB_TIMESTAMP_HIGH = 12; //   Uint32, the low half follows
export const EPB_TIMESTAMP_LOW = 16; //    Uint32
export const EPB_CAPTURED_LENGTH = 20; //  Uint32
export const EPB_ORIGINAL_LENGTH = 24; //  Uint32
export const EPB_DATA = 28;

// The obsolete packet block differs only here.
export const PB_INTERFACE_ID = 8; // Uint16

// Simple packet block.
export const SPB_SIZE_MIN = 16;
export const SPB_ORIGINAL_LENGTH = 8; // Uint32
export const SPB_DATA = 12;

// Interface statistics block.
export const ISB_INTERFACE_ID = 8; //    Uint32
export const ISB_TIMESTAMP_HIGH = 12; // Uint32, the low half follows
export const ISB_OPTIONS = 20;

/** Every option: code, length of the value, value, padding to a multiple of 4. */
export const OPTION_HEADER_SIZE = 4;
export const OPTION_CODE = 0; //   Uint16
export const OPTION_LENGTH = 2; // Uint16

export const OPT_ENDOFOPT = 0;
export const OPT_COMMENT = 1; //      UTF-8
/** Bytes of an enterprise's own format. Any program may copy them into another file. */
export const OPT_CUSTOM_BINARY = 2989;
export const SHB_USERAPPL = 4; //     UTF-8
export const IF_NAME = 2; //          UTF-8
export const IF_TSRESOL = 9; //       Uint8
export const IF_FCSLEN = 13; //       Uint8
export const IF_TSOFFSET = 14; //     Int64, seconds
export const EPB_FLAGS = 2; //        Uint32
export const EPB_QUEUE = 6; //        Uint32
export const ISB_STARTTIME = 2; //    Uint32 high, Uint32 low
export const ISB_ENDTIME = 3; //      Uint32 high, Uint32 low
export const ISB_IFRECV = 4; //       Uint64
export const ISB_IFDROP = 5; //       Uint64
export const ISB_FILTERACCEPT = 6; // Uint64
export const ISB_USRDELIV = 8; //     Uint64

/** EPB_FLAGS: the two bits of the direction. */
export const EPB_FLAGS_DIRECTION = 0x3;
export const EPB_FLAGS_INBOUND = 0x1;
export const EPB_FLAGS_OUTBOUND = 0x2;

/** EPB_FLAGS: bytes of the packet's frame check sequence; 0 leaves it to IF_FCSLEN. */
export const EPB_FLAGS_FCS_LENGTH = 0x1e0;
export const EPB_FLAGS_FCS_LENGTH_SHIFT = 5;

/** IF_FCSLEN: a larger value counts bits. */
export const FCS_BYTES_MAX = 15;

/** IF_TSRESOL: the resolution is a negative power of 2 instead of 10. */
export const TSRESOL_BINARY = 0x80;
/** IF_TSRESOL where the option is missing: microseconds. */
export const TSRESOL_DEFAULT = 6;

/**
 * A custom option begins with an IANA private enterprise number. rtap has none and uses the one that RFC 5612 sets aside
 * for documentation. Other programs may use it too, so the eight bytes `rtap-vnh` follow it. Then come a byte of state,
 * the size of the packet's virtio-net header, and that header: 10 or 12 bytes, little-endian whatever the section's order
 * is, since programs that convert sections do not know the option.
 */
export const CUSTOM_ENTERPRISE_NUMBER = 32473;
export const CUSTOM_MARKER: Readonly<Uint8Array> = Uint8Array.of(
  0x72,
  0x74,
  0x61,
  0x70,
  0x2d,
  0x76,
  0x6e,
  0x68,
);
export const CUSTOM_STATE = 12; //         Uint8
export const CUSTOM_HEADER_LENGTH = 13; // Uint8
/** Where the virtio-net header begins in the option's value. */
export const CUSTOM_HEADER = 14;
/** Bit of the state: the checksum that the virtio-net header leaves unfinished is finished in the packet's data. */
export const CUSTOM_STATE_CHECKSUM_FINISHED = 0x1;

/** A block that claims more is corrupt: the largest packet needs a fraction of it. */
export const BLOCK_LENGTH_MAX = 16 * 1024 * 1024;

/** Rounds up to a multiple of 4. */
export function paddedLength(length: number): number {
  return (length + 3) & ~3;
}
