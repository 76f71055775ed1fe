import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BuiltRtap } from './built-rtap.js';
import { type CProgram, compileC } from './c-program.js';

/** A folder that is removed with the bench. rtap is built in it, and C programs when they are needed. */
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
    // Inherited options would change how Node starts, and what it prints.
    delete process.env.NODE_OPTIONS;
    return new Workplace(directory, await BuiltRtap.build(join(directory, 'rtap')));
  }

  /** Returns the path of a program of bench/c, which is compiled once. */
  program(name: CProgram): Promise<string> {
    const compiled = this.#compiled.get(name) ?? compileC(name, this.directory);
    this.#compiled.set(name, compiled);
    return compiled;
  }

  /** Returns the path of a file in the folder. */
  path(name: string): string {
    return join(this.directory, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Returns whether a program called `program` is installed. */
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
