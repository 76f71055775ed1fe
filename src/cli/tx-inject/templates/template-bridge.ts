import type { Link } from '../../../netlink/link.js';
import type { TemplateOptions } from './template-options.js';

const BRIDGE_KIND = 'bridge';

/** Why frames of a template come no further than the device `name`, which belongs to `master`; undefined where they may. */
export function describeBridge(
  name: string,
  master: Pick<Link, 'name' | 'kind'> | undefined,
  { template, destinationMac, varied }: Pick<TemplateOptions, 'template' | 'destinationMac' | 'varied'>,
): string | undefined {
  if (master?.kind !== BRIDGE_KIND) return undefined;
  const addressed = destinationMac !== undefined || varied.some((field) => field.name === 'dst-mac');
  if (addressed || template.protocol === 'arp') return undefined;
  return `${name} is a port of bridge ${master.name}, which keeps frames to ${name}'s own address: --dst-mac says where they go`;
}
