// Source: the list of link-layer header types of tcpdump.org: those that people meet in captures.
const NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'BSD loopback'],
  [101, 'raw IP'],
  [105, '802.11'],
  [113, 'Linux cooked'],
  [127, 'radiotap'],
  [276, 'Linux cooked v2'],
]);

/** `113 (Linux cooked)`; the number alone where it has no name here. */
export function describeLinkType(linkType: number): string {
  const name = NAMES.get(linkType);
  return name === undefined ? `${linkType}` : `${linkType} (${name})`;
}
