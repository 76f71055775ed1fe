/** What ava's reporter prints, boiled down: failures and the summary stay, tests that passed become one line of progress. */
export class SuiteProgress {
  readonly #fileCount: number;
  readonly #files = new Set<string>();
  #passed = 0;
  #failed = 0;

  /** @param fileCount how many files of tests there are */
  constructor(fileCount: number) {
    this.#fileCount = fileCount;
  }

  /** Takes a line of ava's output. Returns whether it is to be shown. */
  take(line: string): boolean {
    const [, mark, title] = /^ {2}([✔✘]) (.*)$/u.exec(withoutColours(line)) ?? [];
    if (mark === undefined) return true;
    // Titles begin with the path of their file: `kernel › hold › leases › …`.
    const path = title!
      .replace(/^\[fail\]: /, '')
      .split(' › ')
      .slice(0, -1);
    this.#files.add(path.join('/'));
    if (mark === '✔') this.#passed += 1;
    else this.#failed += 1;
    return mark === '✘';
  }

  /** The line of progress after `seconds`. */
  text(seconds: number): string {
    const time = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
    const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`;
    return `${time}  ${this.#files.size} of ${this.#fileCount} files, ${this.#passed} tests passed${failed}`;
  }
}

function withoutColours(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR sequences begin with ESC.
  return line.replaceAll(/\x1b\[[0-9;]*m/g, '');
}
