/** Characters that no shell treats specially. */
const PLAIN_WORD = /^[\w%+,./:=@-]+$/;
/** A network namespace that ip-netns(8) knows by name: it is no process id and no path. */
const NAMED_NAMESPACE = /^(?!\d+$)[^/]+$/;

/** Writes commands that a user can paste: for the network namespace that the present command runs in. */
export class CommandWriter {
  readonly #namespace: string | undefined;

  /** @param namespace the value of `--netns`; undefined if it was not given */
  constructor(namespace?: string) {
    this.#namespace = namespace;
  }

  /** Returns a command line of rtap: `rtap --netns blue show io0`. */
  rtap(...words: readonly string[]): string {
    const where = this.#namespace === undefined ? [] : ['--netns', this.#namespace];
    return writeWords(['rtap', ...where, ...words]);
  }

  /** Returns a command line of another program, which runs in the same network namespace. */
  other(...words: readonly string[]): string {
    return writeWords([...this.#entering(), ...words]);
  }

  #entering(): readonly string[] {
    const namespace = this.#namespace;
    if (namespace === undefined) return [];
    if (NAMED_NAMESPACE.test(namespace)) return ['ip', 'netns', 'exec', namespace];
    return namespace.includes('/') ? ['nsenter', `--net=${namespace}`] : ['nsenter', '-t', namespace, '-n'];
  }
}

function writeWords(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

/** `word` as a shell reads it: in quotes if it needs some. */
export function shellWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
