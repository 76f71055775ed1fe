import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentTypeError } from '../../errors.js';
import { fileRefused } from '../../tap/state/file-refusal.js';
import { shellWord } from '../errors/command-writer.js';

/** The program that Wireshark runs. */
const PROGRAM = 'rtap-extcap';

/** Its second line. A file without it is not rtap's, and rtap does not touch it. */
const MARK = '# Shows Wireshark the TAP devices of this machine. Written by "rtap extcap --install".';

/** Every user may run it: Wireshark runs it as the user who started Wireshark. */
const MODE = 0o755;

/** What the program runs, whatever the environment is. */
export interface ProgramPaths {
  readonly node: string;
  /** The folder of this package. */
  readonly package: string;
}

/**
 * The text of the program. At its start Wireshark asks two questions for each device. Their answers are the same for all devices, so the
 * shell prints them from files in dist/: that takes a twentieth of the time that Node takes to start.
 */
export function programText(paths: ProgramPaths): string {
  return `#!/bin/sh
${MARK}
node=${shellWord(paths.node)}
rtap=${shellWord(paths.package)}
case "$# $1" in
'3 --extcap-config' | '3 --extcap-dlts')
  answer=$rtap/dist/cli/\${1#--}.txt
  if [ -r "$answer" ]; then
    while IFS= read -r line; do printf '%s\\n' "$line"; done <"$answer"
    exit
  fi
  ;;
esac
if [ ! -r "$rtap/bin/rtap" ]; then
  echo "rtap: cannot run \\"$rtap/bin/rtap\\": there is no such file" >&2
  echo 'hint: install rtap again, and then: rtap extcap --install' >&2
  exit 2
fi
# An update of Node may have moved it.
[ -x "$node" ] || node=node
exec "$node" "$rtap/bin/rtap" extcap "$@"
`;
}

/**
 * Writes the program into `folder`, whole or not at all. Returns its path. Throws a SystemError if the kernel refuses, and a TypeError if
 * another file has its name.
 */
export function installProgram(folder: string, paths: ProgramPaths): string {
  const path = join(folder, PROGRAM);
  if (stateOf(path) === 'foreign')
    throw new ArgumentTypeError(
      `cannot write "${path}": it is no program of rtap, and rtap would replace it`,
    );
  const fresh = `${path}.${process.pid}`;
  refusedAs('write', path, () => {
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(fresh, programText(paths), { flag: 'wx', mode: MODE });
      // Whatever the umask is.
      chmodSync(fresh, MODE);
      renameSync(fresh, path);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
  });
  return path;
}

/** Removes the program from `folder`. Returns its path; undefined if there is none, or another file with its name. */
export function uninstallProgram(folder: string): string | undefined {
  const path = join(folder, PROGRAM);
  if (stateOf(path) !== 'ours') return undefined;
  refusedAs('remove', path, () => rmSync(path));
  return path;
}

function stateOf(path: string): 'absent' | 'ours' | 'foreign' {
  try {
    return readFileSync(path, 'utf8').split('\n', 2)[1] === MARK ? 'ours' : 'foreign';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'foreign';
  }
}

/** Node's own error names the temporary file. */
function refusedAs(action: 'write' | 'remove', path: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    throw fileRefused(action, path, String(error.code));
  }
}
