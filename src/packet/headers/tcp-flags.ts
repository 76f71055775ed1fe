import { ArgumentTypeError } from '../../errors.js';
import {
  TCP_FLAG_ACK,
  TCP_FLAG_CWR,
  TCP_FLAG_ECE,
  TCP_FLAG_FIN,
  TCP_FLAG_PSH,
  TCP_FLAG_RST,
  TCP_FLAG_SYN,
  TCP_FLAG_URG,
} from './tcp-header.js';

interface NamedFlag {
  readonly flag: number;
  readonly name: string;
  /** What tcpdump prints. */
  readonly letter: string;
  /** Every letter that is read: tcpdump's and scapy's. */
  readonly letters: string;
}

/** In the order in which tcpdump prints them. */
const FLAGS: readonly NamedFlag[] = [
  { flag: TCP_FLAG_FIN, name: 'fin', letter: 'F', letters: 'F' },
  { flag: TCP_FLAG_SYN, name: 'syn', letter: 'S', letters: 'S' },
  { flag: TCP_FLAG_RST, name: 'rst', letter: 'R', letters: 'R' },
  { flag: TCP_FLAG_PSH, name: 'psh', letter: 'P', letters: 'P' },
  { flag: TCP_FLAG_ACK, name: 'ack', letter: '.', letters: '.A' },
  { flag: TCP_FLAG_URG, name: 'urg', letter: 'U', letters: 'U' },
  { flag: TCP_FLAG_ECE, name: 'ece', letter: 'E', letters: 'E' },
  { flag: TCP_FLAG_CWR, name: 'cwr', letter: 'W', letters: 'WC' },
];

/** The names of the flags. */
export const TCP_FLAG_NAMES: readonly string[] = FLAGS.map(({ name }) => name);

/** Writes the flags that are set as tcpdump does: `S.`, or `none`. */
export function formatTcpFlags(flags: number): string {
  let letters = '';
  for (const { flag, letter } of FLAGS) {
    if ((flags & flag) !== 0) letters += letter;
  }
  return letters === '' ? 'none' : letters;
}

/**
 * Reads `syn,ack`, or `S.` and `SA`, or `none`.
 *
 * @throws {TypeError} when a word or letter is no flag.
 */
export function parseTcpFlags(text: string): number {
  if (text === 'none') return 0;
  const words = /^[FSRPAUECW.]+$/.test(text) ? [...text] : text.toLowerCase().split(',');
  return words.reduce((flags, word) => flags | parseFlag(word, text), 0);
}

function parseFlag(word: string, text: string): number {
  const found = FLAGS.find(
    ({ name, letters }) => name === word || (word.length === 1 && letters.includes(word)),
  );
  if (found !== undefined) return found.flag;
  throw new ArgumentTypeError(
    `cannot read TCP flags "${text}": wanted a form like syn,ack or S., of ${TCP_FLAG_NAMES.join(', ')}, or none`,
  );
}
