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

/** The names, and the letters of tcpdump and of scapy. */
const FLAGS: readonly (readonly [name: string, letters: string, flag: number])[] = [
  ['fin', 'F', TCP_FLAG_FIN],
  ['syn', 'S', TCP_FLAG_SYN],
  ['rst', 'R', TCP_FLAG_RST],
  ['psh', 'P', TCP_FLAG_PSH],
  ['ack', 'A.', TCP_FLAG_ACK],
  ['urg', 'U', TCP_FLAG_URG],
  ['ece', 'E', TCP_FLAG_ECE],
  ['cwr', 'CW', TCP_FLAG_CWR],
];

/** What a flag can be called. */
export const TCP_FLAG_NAMES = FLAGS.map(([name]) => name);

/** Reads `syn,ack`, or `S.` and `SA`, or `none`; throws a TypeError for what is no flag. */
export function parseTcpFlags(text: string): number {
  if (text === 'none') return 0;
  const words = /^[FSRPAUECW.]+$/.test(text) ? [...text] : text.toLowerCase().split(',');
  return words.reduce((flags, word) => flags | readFlag(word, text), 0);
}

function readFlag(word: string, text: string): number {
  const found = FLAGS.find(
    ([name, letters]) => name === word || (word.length === 1 && letters.includes(word)),
  );
  if (found !== undefined) return found[2];
  throw new TypeError(
    `cannot read TCP flags "${text}": wanted a form like syn,ack or S., of ${TCP_FLAG_NAMES.join(', ')}, or none`,
  );
}
