import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Waits until this process has ended or closed the pipe, and removes the folder. It works inside the folder and removes the folder
 * itself only when it is empty, so that it removes nothing else if another folder has got the name. Processes that end with this one
 * may still write for a moment: it tries for two seconds.
 */
const REMOVAL = `trap '' HUP INT TERM
cd "$1" || exit
read -r _
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf run frames.pcap
  (cd / && rmdir "$1") && exit
  sleep 0.2
done 2>/dev/null`;

/** A temporary folder that does not outlive this process, also if SIGKILL ends it: another process waits to remove it. */
export class DemoFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'rtap-demo-'));
  /** It has a session of its own, so that Ctrl-C does not reach it. */
  readonly #remover: ChildProcess = spawn('sh', ['-c', REMOVAL, 'sh', this.path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  readonly #ended = once(this.#remover, 'close').catch(() => {});

  /** For the runtime state of the commands. */
  get runtime(): string {
    return join(this.path, 'run');
  }

  get capture(): string {
    return join(this.path, 'frames.pcap');
  }

  /** Removes the folder. */
  async remove(): Promise<void> {
    // Without sh(1) there is no pipe.
    this.#remover.stdin?.on('error', () => {}).end();
    await this.#ended;
    rmSync(this.path, { recursive: true, force: true });
  }
}
