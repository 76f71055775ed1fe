import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NamespaceNumbers } from '../../tap/link/network-namespace.js';
import { replaceFile } from '../../tap/state/file-replacement.js';
import { readRecordFile } from '../../tap/state/record-file.js';
import { openRuntimeRoot } from '../../tap/state/runtime-directory.js';
import type { Attachment } from './invocation.js';

/** ADD stores it before it makes anything, so that DEL and GC find what an ADD that was killed has left. */
export interface AttachmentRecord extends Attachment {
  /** The path of the container's network namespace when it was added. */
  readonly netns: string;
  readonly namespace: NamespaceNumbers;
  /** The device's index there. undefined until ADD is about to make the device persistent. */
  readonly ifindex?: number | undefined;
}

const HASH_LENGTH = 32;

/** Stores the records of a network in the runtime directory. */
export class AttachmentRecords {
  readonly #root = openRuntimeRoot();
  readonly #prefix: string;

  /** Throws a SystemError if this user cannot make the runtime directory. */
  constructor(network: string) {
    this.#prefix = `cni-${hashOf([network])}-`;
  }

  /** Stores `record` in place of an earlier one. Throws a SystemError. */
  store(record: AttachmentRecord): void {
    replaceFile(join(this.#root, this.#fileOf(record)), record);
  }

  /** Returns the record of `attachment`. undefined if there is none, or only a part of one. */
  find(attachment: Attachment): AttachmentRecord | undefined {
    return this.#read(this.#fileOf(attachment));
  }

  /** Removes the record of `attachment`, and what a process that was killed left half written. */
  remove(attachment: Attachment): void {
    this.#removeFiles(this.#fileOf(attachment));
  }

  /** Lists the attachments that are not among `valid`. */
  listOthers(valid: readonly Attachment[]): AttachmentRecord[] {
    return this.#listOtherFiles(valid).flatMap((file) => this.#read(file) ?? []);
  }

  /** Removes the files of attachments that are not among `valid` and that hold no record. */
  removeUnreadable(valid: readonly Attachment[]): void {
    for (const file of this.#listOtherFiles(valid))
      if (this.#read(file) === undefined) this.#removeFiles(file);
  }

  #listOtherFiles(valid: readonly Attachment[]): string[] {
    const kept = new Set(valid.map((attachment) => this.#fileOf(attachment)));
    const files = readdirSync(this.#root).filter((name) => name.startsWith(this.#prefix));
    const names = new Set(files.map((name) => name.replace(/\.json\..*$/, '.json')));
    return [...names].filter((name) => !kept.has(name));
  }

  #read(file: string): AttachmentRecord | undefined {
    const { containerId, ifname, netns, namespace, ifindex } = Object.fromEntries(
      readRecordFile(this.#root, file),
    ) as Partial<AttachmentRecord>;
    const isWhole = [containerId, ifname, netns, namespace].every((part) => part !== undefined);
    return isWhole
      ? { containerId: containerId!, ifname: ifname!, netns: netns!, namespace: namespace!, ifindex }
      : undefined;
  }

  #fileOf({ containerId, ifname }: Attachment): string {
    return `${this.#prefix}${hashOf([containerId, ifname])}.json`;
  }

  #removeFiles(file: string): void {
    const names = readdirSync(this.#root).filter((name) => name === file || name.startsWith(`${file}.`));
    for (const name of names) rmSync(join(this.#root, name), { force: true });
  }
}

/** Names of networks and containers can be longer than that of a file. */
function hashOf(words: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, HASH_LENGTH);
}
