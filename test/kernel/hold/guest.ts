import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../command.js';
import type { RunningProcess } from '../running-process.js';

const FILES = fileURLToPath(new URL('../../../node_modules/.cache/rtap/guest', import.meta.url));
const INIT = fileURLToPath(new URL('../../guest/init', import.meta.url));
const QEMU = 'qemu-system-x86_64';
const BUSYBOX = '/bin/busybox';

/** Why no guest can be booted here. Undefined if one can. */
export function missingForGuest(): string | undefined {
  if (spawnSync(QEMU, ['--version']).error !== undefined) return `no ${QEMU} here (bin/setup --test)`;
  const isStatic = existsSync(BUSYBOX) && spawnSync('ldd', [BUSYBOX]).status !== 0;
  if (!isStatic) return `no static ${BUSYBOX} here (bin/setup --test)`;
  return existsSync(join(FILES, 'vmlinuz')) ? undefined : 'no kernel for a guest here (test/guest/fetch)';
}

/** A virtual machine of QEMU with two processors, on queues that `rtap lend` gives it. Its network card is eth0, 192.0.2.2. */
export class Guest {
  readonly process: RunningProcess;
  #commands = 0;

  private constructor(process: RunningProcess) {
    this.process = process;
  }

  /** Starts QEMU with `rtap lend` and `words`. `directory` is for the files of the guest. */
  static start(words: readonly string[], directory: string): Guest {
    return Guest.of(start(['lend', ...words, '--', ...machineOf(directory)], { inputOpen: true }));
  }

  /** The guest of a process whose standard input and output are its serial line. */
  static of(process: RunningProcess): Guest {
    return new Guest(process);
  }

  /** Waits until it has booted. Returns the number of its queues. */
  async up(): Promise<number> {
    const [, queues] = await this.process.waitFor(/^up (\d+)\r?$/m);
    return Number(queues);
  }

  /** Runs a command in the guest. Returns its output. Throws if it fails. */
  async run(command: string): Promise<string> {
    const from = this.process.stdout.length;
    this.#commands += 1;
    this.process.write(`${command}\n`);
    await this.process.waitFor(new RegExp(`(?:^=\\d+\\r?\\n[\\s\\S]*?){${this.#commands}}`, 'm'));
    const [, output = '', code] = /^([\s\S]*?)^=(\d+)\r?$/m.exec(this.process.stdout.slice(from))!;
    if (code !== '0') throw new Error(`guest: ${command}: exit ${code}\n${output}`);
    return output.replaceAll('\r', '');
  }
}

/** The command that boots a guest, for `rtap lend`. `directory` is for its files, which every user may read. */
export function machineOf(directory: string): string[] {
  const queues = 'tap,id=n0,fds={fds},vhost=off';
  const machine = ['-accel', 'tcg', '-m', '256', '-smp', '2', '-no-reboot', '-nodefaults'];
  const console = ['-display', 'none', '-serial', 'stdio'];
  const kernel = ['-kernel', join(FILES, 'vmlinuz'), '-initrd', makeRoot(directory)];
  const card = ['-netdev', queues, '-device', 'virtio-net-pci,netdev=n0,mq=on,vectors=6'];
  const append = ['-append', 'console=ttyS0 quiet panic=-1'];
  return [QEMU, ...machine, ...console, ...kernel, ...card, ...append];
}

/** Makes the first file system of the guest: busybox, the modules and the first process. */
function makeRoot(directory: string): string {
  const root = join(directory, 'root');
  for (const folder of ['bin', 'modules']) mkdirSync(join(root, folder), { recursive: true });
  cpSync(BUSYBOX, join(root, 'bin/busybox'));
  cpSync(INIT, join(root, 'init'));
  chmodSync(join(root, 'init'), 0o755);
  for (const name of readdirSync(FILES).filter((file) => file.endsWith('.ko')))
    cpSync(join(FILES, name), join(root, 'modules', name));
  const image = join(directory, 'root.cpio');
  const archive = `find . | ${BUSYBOX} cpio -o -H newc >"$0"`;
  const { status, stderr } = spawnSync('sh', ['-c', archive, image], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cpio: ${stderr}`);
  return image;
}
