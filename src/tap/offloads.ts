import { readFeatures } from '../sys/ethtool.js';

/** What a TAP's reader can be left to finish, by rtap's words, and ethtool's name for each. */
const FEATURES = [
  ['csum', 'tx-checksum-ip-generic'],
  ['tso4', 'tx-tcp-segmentation'],
  ['tso6', 'tx-tcp6-segmentation'],
  ['ecn', 'tx-tcp-ecn-segmentation'],
  ['uso', 'tx-udp-segmentation'],
] as const;

export type Offload = (typeof FEATURES)[number][0];

/** The offloads that are on for the device `name`, by the kernel's word (ethtool's ioctl). */
export function readOffloads(name: string): Offload[] {
  const features = readFeatures(name);
  return FEATURES.filter(([, feature]) => features.get(feature) === true).map(([offload]) => offload);
}
