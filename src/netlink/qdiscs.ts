import { RouteConnection } from './connection.js';
import { buildQdiscListRequest, decodeQdisc, type Qdisc } from './qdisc.js';

const LIST = { action: 'list', object: 'qdiscs', syscall: 'RTM_GETQDISC' };

/**
 * Reads the root qdiscs of all links of the network namespace that this thread is in. Returns them by the index of the link. A link
 * that sends directly (`noqueue`) has none.
 */
export function readRootQdiscs(): ReadonlyMap<number, Qdisc> {
  using connection = RouteConnection.open();
  const qdiscs = connection.dump(buildQdiscListRequest(), LIST, decodeQdisc);
  return new Map(qdiscs.filter(({ root }) => root).map((qdisc) => [qdisc.ifindex, qdisc]));
}
