import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Platform } from '../../src/sys/platform.js';

/** What a C compiler says, by name: `sizeof.iovec`, `iovec.iov_len`, `TUNSETIFF`. */
export type Answers = ReadonlyMap<string, number>;

/** A machine whose answers are committed. */
export interface Target extends Platform {
  /** Of the file in goldens/. */
  readonly name: string;
  /** The processor as Node spells it. */
  readonly architecture: string;
}

export const TARGETS: readonly Target[] = [
  { name: 'x86_64', architecture: 'x64', pointerBytes: 8, littleEndian: true },
  { name: 'i386', architecture: 'ia32', pointerBytes: 4, littleEndian: true },
  { name: 'aarch64', architecture: 'arm64', pointerBytes: 8, littleEndian: true },
  { name: 'arm', architecture: 'arm', pointerBytes: 4, littleEndian: true },
  { name: 'powerpc64le', architecture: 'ppc64', pointerBytes: 8, littleEndian: true },
  { name: 'powerpc64', architecture: 'ppc64', pointerBytes: 8, littleEndian: false },
  { name: 'powerpc', architecture: 'ppc', pointerBytes: 4, littleEndian: false },
  { name: 's390x', architecture: 's390x', pointerBytes: 8, littleEndian: false },
];

/** What the linux-libc-dev of Debian 12 (6.1), from which the goldens come, does not know yet. */
export const NEWER_NAMES: ReadonlySet<string> = new Set([
  'IORING_OP_READ_MULTISHOT',
  'SO_PEERPIDFD',
  'TUN_F_USO4',
  'TUN_F_USO6',
  'VIRTIO_NET_HDR_GSO_UDP_L4',
]);

/** The target whose answers are committed in full. For each other target there are only those that differ. */
const WHOLE = 'x86_64';

/** The committed answers of the target `name`. */
export function readGolden(name: string): Answers {
  return new Map([...readAnswers(WHOLE), ...readAnswers(name)]);
}

function readAnswers(name: string): Answers {
  return parse(readFileSync(new URL(`./goldens/${name}.txt`, import.meta.url), 'utf8'));
}

/** Asks the compiler that `command` runs; throws when it cannot compile layout.c. */
export function derive(...command: readonly string[]): Answers {
  const script = new URL('derive', import.meta.url).pathname;
  return parse(execFileSync(script, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
}

function parse(text: string): Answers {
  const lines = text.trimEnd().split('\n');
  return new Map(lines.map((line) => line.split(' ')).map(([name, value]) => [name!, Number(value)]));
}
