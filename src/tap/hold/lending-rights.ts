/** The user at the other end of a connection, as the kernel identifies it. */
export interface Borrower {
  readonly uid: number;
  readonly gid: number;
  /** The supplementary groups. */
  readonly groups: readonly number[];
}

/** Which users a holder lends to. */
export interface LendingRules {
  /** The user that the holder runs as. */
  readonly uid: number;
  /** A group that may borrow. */
  readonly group?: number | undefined;
  /** The owner and group of the device, which the kernel lets attach: `rtap create --owner` and `--group` set them. */
  readonly deviceOwner?: number | undefined;
  readonly deviceGroup?: number | undefined;
  /** The uid that all users of other user namespaces appear with. */
  readonly unmappedUid?: number | undefined;
}

/**
 * What a user may do: everything, or nothing, or borrow. A borrower may also change the settings that a queue's descriptor lets
 * every process change.
 */
export type Right = 'everything' | 'borrowing' | 'nothing';

/** Decides what `borrower` may do. A user that the kernel lets attach to the device may borrow, too. */
export function rightOf(borrower: Borrower, rules: LendingRules): Right {
  const { uid } = borrower;
  if (uid === 0) return 'everything';
  if (uid === rules.unmappedUid) return 'nothing';
  if (uid === rules.uid) return 'everything';
  if (rules.group !== undefined && isMember(borrower, rules.group)) return 'borrowing';
  return mayAttach(borrower, rules) ? 'borrowing' : 'nothing';
}

/** If owner and group are set, both must match, as in tun_not_capable() of drivers/net/tun.c. */
function mayAttach(borrower: Borrower, { deviceOwner, deviceGroup }: LendingRules): boolean {
  if (deviceOwner === undefined && deviceGroup === undefined) return false;
  const isOwner = deviceOwner === undefined || deviceOwner === borrower.uid;
  return isOwner && (deviceGroup === undefined || isMember(borrower, deviceGroup));
}

function isMember({ gid, groups }: Borrower, group: number): boolean {
  return gid === group || groups.includes(group);
}
