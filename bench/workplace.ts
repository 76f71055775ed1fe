import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BuiltRtap } from './built-rtap.js';
import { type CProgram, compileC } from './c-program.js';

/** A folder that vanishes with the bench, with rtap built in it and C programs as they are wanted. */
export class Workplace implements Disposable {
  readonly directory: string;
  readonly rtap: BuiltRtap;
  readonly #compiled = new Map<CProgram, Promise<string>>();

  private constructor(directory: string, rtap: BuiltRtap) {
    this.directory = directory;
    this.rtap = rtap;
  }

  static async prepare(): Promise<Workplace> {
    const directory = mkdtempSync(join(tmpdir(), 'rtap-bench-'));
    const remove = () => rmSync(directory, { recursive: true, force: true });
    process.on('exit', remove);
    process.env.RTAP_RUNTIME_DIR = join(directory, 'run');
    // What a shell may bring along changes how Node starts, and what it says.
    delete process.env.NODE_OPTIONS;
    return new Workplace(directory, await BuiltRtap.build(join(directory, 'rtap')));
  }

  /** Path of a program of bench/c; it is compiled once. */
  program(name: CProgram): Promise<string> {
    const compiled = this.#compiled.get(name) ?? compileC(name, this.directory);
    this.#compiled.set(name, compiled);
    return compiled;
  }

  /** Path of a file of that name. */
  path(name: string): string {
    return join(this.directory, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Whether a program of that name is installed. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
