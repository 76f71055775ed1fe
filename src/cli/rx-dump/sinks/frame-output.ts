/** Where the items of a command's output go: a terminal, a pipe, a file, or a row of files. */
export interface FrameOutput extends Disposable {
  /** Why nothing more can be written: EPIPE when the reader has left, ENOSPC when the disk is full; `path` where it is a file. */
  readonly error: NodeJS.ErrnoException | undefined;
  /** Items that were not taken: they found no room, or came after an error. */
  readonly refused: number;
  /** Items that the reader does not have: those that were not taken, and those that still wait. Heads and tails do not count. */
  readonly dropped: number;
  /** Takes one item (a line, a record), whole or not at all; false when it was dropped. It is copied. */
  write(item: Uint8Array): boolean;
  /** Hands over now what the reader takes; the rest follows by itself. */
  flush(): void;
  /** At the end of a burst: hands over what somebody may be watching, and within a fifth of a second what is for a file. */
  flushSoon(): void;
  /**
   * Settles when everything is written, or can never be; at the latest after `timeoutMs`. Commands that were started
   * for finished files are waited for without a limit.
   */
  drain(timeoutMs: number): Promise<void>;
  /** Calls `listener` when nothing more should be written: an error, or the last of a number of files is over. */
  onError(listener: () => void): void;
  /** Ends the current file and goes on in the next; false where the output is no file. */
  rotate(): boolean;
  /** Ends the output: writes the tail, and gives the last file its name. No item comes after it. */
  finish(): void;
}

/** The bytes around the items of an output, or of each of its files; borrowed until the next call. */
export interface OutputEnvelope {
  /** What comes before the first item. */
  begin(): Uint8Array;
  /** What comes after the last one. */
  end(): Uint8Array;
}
