import { encodeIfreq, IFREQ_DATA } from './ifreq.js';
import { c, checked, type Purpose } from './libc.js';
import { MappedMemory } from './mapped-memory.js';
import { LITTLE_ENDIAN } from './platform.js';
import { setPointerAt } from './pointer.js';
import { AF_UNIX, openSocket, SOCK_DGRAM } from './socket.js';

// Source: include/uapi/linux/sockios.h
const SIOCETHTOOL = 0x8946;

// Source: include/uapi/linux/ethtool.h
const ETHTOOL_GSTRINGS = 0x1b;
const ETHTOOL_GSSET_INFO = 0x37;
const ETHTOOL_GFEATURES = 0x3a;
const ETH_SS_FEATURES = 4;
const ETH_GSTRING_LEN = 32;

/** First field of every request. */
const COMMAND = 0; // __u32

// Source: include/uapi/linux/ethtool.h, struct ethtool_sset_info. Bytes.
const SSET_MASK = 8; //       __u64
const SSET_DATA = 16; //      __u32[]
const SSET_INFO_SIZE = 20; // of one set

// Source: include/uapi/linux/ethtool.h, struct ethtool_gstrings. Bytes.
const GSTRINGS_STRING_SET = 4; // __u32
const GSTRINGS_LEN = 8; //        __u32
const GSTRINGS_DATA = 12; //      __u8[][ETH_GSTRING_LEN]

// Source: include/uapi/linux/ethtool.h, struct ethtool_gfeatures. Bytes.
const GFEATURES_SIZE = 4; //     __u32, blocks
const GFEATURES_FEATURES = 8; // struct ethtool_get_features_block[]
const FEATURES_BLOCK_SIZE = 16;
const BLOCK_ACTIVE = 8; //       __u32
const BLOCK_BITS = 32;

/**
 * Returns which features the kernel has switched on for the device `name`, by ethtool's names:
 * `tx-checksum-ip-generic`, `tx-tcp-segmentation`, … The caller has checked that the name fits.
 *
 * Throws a SystemError: ENODEV if there is no such device in this network namespace.
 */
export function readFeatures(name: string): ReadonlyMap<string, boolean> {
  const purpose = { action: 'read features of', object: name };
  // Any socket will do: it only selects the network namespace of this thread.
  using socket = openSocket({ domain: AF_UNIX, type: SOCK_DGRAM }, purpose);
  const names = featureNames(socket.fd, name, purpose);
  const blocks = Math.ceil(names.length / BLOCK_BITS);
  using request = MappedMemory.anonymous(GFEATURES_FEATURES + blocks * FEATURES_BLOCK_SIZE);
  const view = dataView(request);
  view.setUint32(COMMAND, ETHTOOL_GFEATURES, LITTLE_ENDIAN);
  view.setUint32(GFEATURES_SIZE, blocks, LITTLE_ENDIAN);
  ask(socket.fd, name, request, 'ETHTOOL_GFEATURES', purpose);
  const features = new Map<string, boolean>();
  for (const [index, feature] of names.entries()) {
    const block = GFEATURES_FEATURES + Math.floor(index / BLOCK_BITS) * FEATURES_BLOCK_SIZE;
    const active = view.getUint32(block + BLOCK_ACTIVE, LITTLE_ENDIAN);
    // A bit that this kernel does not use has no name.
    if (feature !== '') features.set(feature, ((active >>> (index % BLOCK_BITS)) & 1) !== 0);
  }
  return features;
}

let presentNames: readonly string[] | undefined;

/** The names in the order of the features' bits. Read once: they are the kernel's own, and those of all devices. */
function featureNames(fd: number, name: string, purpose: Purpose): readonly string[] {
  presentNames ??= readFeatureNames(fd, name, readFeatureCount(fd, name, purpose), purpose);
  return presentNames;
}

function readFeatureCount(fd: number, name: string, purpose: Purpose): number {
  using request = MappedMemory.anonymous(SSET_INFO_SIZE);
  const view = dataView(request);
  view.setUint32(COMMAND, ETHTOOL_GSSET_INFO, LITTLE_ENDIAN);
  view.setBigUint64(SSET_MASK, 1n << BigInt(ETH_SS_FEATURES), LITTLE_ENDIAN);
  ask(fd, name, request, 'ETHTOOL_GSSET_INFO', purpose);
  return view.getUint32(SSET_DATA, LITTLE_ENDIAN);
}

function readFeatureNames(fd: number, name: string, count: number, purpose: Purpose): string[] {
  using request = MappedMemory.anonymous(GSTRINGS_DATA + count * ETH_GSTRING_LEN);
  const view = dataView(request);
  view.setUint32(COMMAND, ETHTOOL_GSTRINGS, LITTLE_ENDIAN);
  view.setUint32(GSTRINGS_STRING_SET, ETH_SS_FEATURES, LITTLE_ENDIAN);
  view.setUint32(GSTRINGS_LEN, count, LITTLE_ENDIAN);
  ask(fd, name, request, 'ETHTOOL_GSTRINGS', purpose);
  return Array.from({ length: count }, (_, index) => {
    const start = GSTRINGS_DATA + index * ETH_GSTRING_LEN;
    const text = request.bytes.slice(start, start + ETH_GSTRING_LEN);
    const end = text.indexOf(0);
    return new TextDecoder().decode(end < 0 ? text : text.subarray(0, end));
  });
}

/** Sends `request` to the device. The kernel answers into the same memory. */
function ask(fd: number, name: string, request: MappedMemory, command: string, purpose: Purpose): void {
  const ifreq = encodeIfreq(name);
  const bytes = new Uint8Array(ifreq.buffer, ifreq.byteOffset, ifreq.byteLength);
  setPointerAt(bytes, IFREQ_DATA, request.address);
  checked(purpose, `ioctl(${command})`, () => c.ioctlPointer(fd, SIOCETHTOOL, bytes));
}

function dataView(memory: MappedMemory): DataView {
  const { buffer, byteOffset, byteLength } = memory.bytes;
  return new DataView(buffer, byteOffset, byteLength);
}
