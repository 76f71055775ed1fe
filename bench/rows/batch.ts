import { writeFileSync } from 'node:fs';
import type { Contest, Contestant, ContestMaker } from '../contest.js';
import { PrivateNamespace } from '../private-namespace.js';

const DEVICES = 1000;
/** Most of the time is the kernel's: it takes 20 ms to delete a device. */
const DEVICES_QUICK = 100;

/** A file with commands, and the program that runs it. */
interface Script {
  readonly program: string;
  readonly words: readonly string[];
}

/** Measures how long it takes to make, configure and delete many devices, beside ip(8). */
export const makeBatch: ContestMaker = async (workplace, { quick }): Promise<Contest> => {
  const namespace = PrivateNamespace.make();
  const count = quick ? DEVICES_QUICK : DEVICES;
  const write = (name: string, commands: readonly string[]): string => {
    const path = workplace.path(name);
    writeFileSync(path, commands.map((command) => `${command}\n`).join(''));
    return path;
  };
  const ours = write('rtap-commands', rtapCommands(count));
  const theirs = write('ip-commands', ipCommands(count));
  const row = {
    name: 'batch',
    work: `make, configure and delete ${count.toLocaleString('en')} TAPs`,
    ours: timed(namespace, 'rtap batch', { program: workplace.rtap.command, words: ['batch', ours] }),
    theirs: timed(namespace, 'ip -batch', { program: 'ip', words: ['-batch', theirs] }),
    limit: 2,
  };
  return {
    name: 'batch',
    unit: 's',
    lessIsBetter: true,
    roundsMax: 3,
    rows: [row],
    [Symbol.asyncDispose]: async () => namespace[Symbol.dispose](),
  };
};

function timed(namespace: PrivateNamespace, label: string, { program, words }: Script): Contestant {
  const measure = async () => {
    const start = performance.now();
    await namespace.run(program, ...words);
    return { value: (performance.now() - start) / 1000 };
  };
  return { label, programs: ['ip'], measure };
}

/** A device that is up takes 6 MB with its queues of 1,000 frames: they get 100 on both sides. */
function rtapCommands(count: number): string[] {
  return [
    ...names(count).map(
      (name, index) => `create ${name} --persist --mtu 1400 --mac ${address(index)} --txqueuelen 100 --up`,
    ),
    ...names(count).map((name) => `delete ${name}`),
  ];
}

function ipCommands(count: number): string[] {
  return [
    ...names(count).flatMap((name, index) => [
      `tuntap add dev ${name} mode tap multi_queue vnet_hdr`,
      `link set dev ${name} mtu 1400 address ${address(index)} txqueuelen 100 up`,
    ]),
    ...names(count).map((name) => `link delete ${name}`),
  ];
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `io${index}`);
}

function address(index: number): string {
  const bytes = [index >> 8, index & 0xff].map((byte) => byte.toString(16).padStart(2, '0'));
  return `02:00:00:00:${bytes.join(':')}`;
}
