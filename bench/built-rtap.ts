import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDist } from '../build/dist.js';
import { runProgram } from './running-program.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** rtap as it is installed, and the compiled programs of bench/subjects. */
export class BuiltRtap {
  /** Path of the launcher. */
  readonly command: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.command = join(directory, 'bin/rtap');
  }

  /**
   * Builds the sources of this checkout into `directory`, which the caller removes afterwards. The checkout is not
   * changed.
   */
  static async build(directory: string): Promise<BuiltRtap> {
    mkdirSync(directory, { recursive: true });
    for (const part of ['bin', 'package.json'])
      cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    const compiler = join(ROOT, 'node_modules/.bin/tsc');
    const settings = join(directory, 'tsconfig.json');
    writeFileSync(settings, JSON.stringify(subjectSettings(join(directory, 'subjects'))));
    await buildDist(join(directory, 'dist'));
    await runProgram(compiler, '-p', settings);
    return new BuiltRtap(directory);
  }

  /** Returns the path of the program bench/subjects/`name`.ts, compiled for node. */
  subject(name: string): string {
    return join(this.#directory, `subjects/bench/subjects/${name}.js`);
  }
}

function subjectSettings(outDir: string) {
  return {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { rootDir: ROOT, outDir, noEmit: false },
    include: [join(ROOT, 'bench/subjects')],
  };
}
