import { join } from 'node:path';
import test from 'ava';
import { eventually } from './deadline.js';
import { runTool } from './peer.js';

let terminals = 0;
const open = new Set<Tmux>();
test.after.always('no terminal is left', () => {
  for (const terminal of open) terminal.close();
});

/** A terminal of tmux(1), with a shell that has job control and never changes the terminal itself. Its prompt is `$ `. */
export class Tmux {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Opens one. It is closed when the test file ends. */
  static async open(
    directory: string,
    { columns, rows }: { readonly columns: number; readonly rows: number },
  ): Promise<Tmux> {
    terminals += 1;
    const tmux = new Tmux(join(directory, `tmux-${terminals}`));
    const size = ['-x', String(columns), '-y', String(rows)];
    // chalk prints no colours where CI is set.
    const shell = 'env -u NO_COLOR -u CI LC_ALL=C.UTF-8 PS1="$ " sh -i';
    tmux.#run('-u', 'new-session', '-d', ...size, shell);
    open.add(tmux);
    await tmux.waitFor(/^\$/m);
    return tmux;
  }

  /** What is on the screen. With `colours`, with the sequences for them. */
  screen({ colours = false } = {}): string {
    return this.#run('capture-pane', '-p', ...(colours ? ['-e'] : []));
  }

  /** Types `text`, and Enter. */
  type(text: string): void {
    this.#run('send-keys', '-l', text);
    this.press('Enter');
  }

  /** Presses keys that have a name in tmux(1): `C-z`, `Left`, or a letter. */
  press(...keys: readonly string[]): void {
    this.#run('send-keys', ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Waits until the screen matches. Returns it. */
  waitFor(pattern: RegExp, options: { readonly colours?: boolean } = {}): Promise<string> {
    let screen = '';
    const look = () => {
      screen = this.screen(options);
      return pattern.test(screen) ? screen : undefined;
    };
    return eventually(look, () => `${pattern} on the screen:\n${screen}`);
  }

  close(): void {
    open.delete(this);
    try {
      this.#run('kill-server');
    } catch {
      // The test has ended its shell.
    }
  }

  #run(...words: readonly string[]): string {
    return runTool('tmux', '-S', this.#socket, '-f', '/dev/null', ...words);
  }
}
