import { readFileSync } from 'node:fs';

let presentUnmapped: { readonly uid: number | undefined } | undefined;

/**
 * Returns whether this process trusts what the user `uid` writes: root's files and its own. The uid that stands for all users of
 * other user namespaces is no user's.
 */
export function isTrustedUser(uid: number): boolean {
  return uid === 0 || (uid === process.geteuid?.() && uid !== presentUnmappedUid());
}

/** Returns the uid that users of other user namespaces appear with to this process: see `unmappedUid`. */
export function presentUnmappedUid(): number | undefined {
  presentUnmapped ??= {
    uid: unmappedUid(
      readFileSync('/proc/self/uid_map', 'latin1'),
      readFileSync('/proc/sys/kernel/overflowuid', 'latin1'),
    ),
  };
  return presentUnmapped.uid;
}

/**
 * Returns the uid that users of other user namespaces appear with. Takes the text of /proc/self/uid_map and of
 * /proc/sys/kernel/overflowuid. Returns undefined in the first user namespace, where every user has a uid of its own.
 */
export function unmappedUid(uidMap: string, overflowUid: string): number | undefined {
  const isWhole = uidMap
    .trim()
    .split('\n')
    .some((line) => /^\s*0\s+0\s+4294967295\s*$/.test(line));
  return isWhole ? undefined : Number(overflowUid);
}
