import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDist } from '../build/dist.js';
import { runProgram } from './running-program.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** rtap as an installation has it, and the programs of bench/subjects, compiled. */
export class BuiltRtap {
  /** The launcher. */
  readonly command: string;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.command = join(directory, 'bin/rtap');
  }

  /** Builds the sources of this checkout into `directory`, which is to vanish afterwards; the checkout stays as it is. */
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

  /** Path of the program bench/subjects/`name`.ts, for node. */
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
