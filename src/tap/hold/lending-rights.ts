/** Who stands at the other end of a connection, by the kernel's word. */
export interface Borrower {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary ones. */
  readonly groups: readonly number[];
}

/** To whom a holder lends. */
export interface LendingRules {
  /** Whom the holder runs as. */
  readonly uid: number;
  /** A group that may borrow. */
  readonly group?: number | undefined;
  /** Whom the kernel lets attach to the device, as `create --owner` and `--group` set it. */
  readonly deviceOwner?: number | undefined;
  readonly deviceGroup?: number | undefined;
  /** The number that stands for every user of another user namespace. */
  readonly unmappedUid?: number | undefined;
}

/** What somebody may: everything, borrow and set what a queue's descriptor lets anybody set, or nothing. */
export type Right = 'everything' | 'borrowing' | 'nothing';

/** What `borrower` may. Whom the kernel lets attach anyway may borrow, too. */
export function rightOf(borrower: Borrower, rules: LendingRules): Right {
  const { uid } = borrower;
  if (uid === 0) return 'everything';
  if (uid === rules.unmappedUid) return 'nothing';
  if (uid === rules.uid) return 'everything';
  if (rules.group !== undefined && isMember(borrower, rules.group)) return 'borrowing';
  return mayAttach(borrower, rules) ? 'borrowing' : 'nothing';
}

/** With both set, both must match, as in tun_not_capable() of drivers/net/tun.c. */
function mayAttach(borrower: Borrower, { deviceOwner, deviceGroup }: LendingRules): boolean {
  if (deviceOwner === undefined && deviceGroup === undefined) return false;
  const isOwner = deviceOwner === undefined || deviceOwner === borrower.uid;
  return isOwner && (deviceGroup === undefined || isMember(borrower, deviceGroup));
}

function isMember({ gid, groups }: Borrower, group: number): boolean {
  return gid === group || groups.includes(group);
}

/**
 * The uid that users of other user namespaces appear with, by the text of /proc/self/uid_map and of
 * /proc/sys/kernel/overflowuid; undefined where there are none, since every uid has its own number here.
 */
export function unmappedUid(uidMap: string, overflowUid: string): number | undefined {
  const isWhole = uidMap
    .trim()
    .split('\n')
    .some((line) => /^\s*0\s+0\s+4294967295\s*$/.test(line));
  return isWhole ? undefined : Number(overflowUid);
}
