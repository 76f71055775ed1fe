import test from 'ava';
import { describeBridge } from '../../../../src/cli/tx-inject/templates/template-endpoints.js';
import {
  readTemplateOptions,
  type TemplateArguments,
} from '../../../../src/cli/tx-inject/templates/template-options.js';

const UDP = '10.0.0.1:1000-10.0.0.2:2000';
const BRIDGE = { name: 'br0', kind: 'bridge' };
const ofPort = (given: TemplateArguments, master: Parameters<typeof describeBridge>[1] = BRIDGE) =>
  describeBridge('io0', master, readTemplateOptions(given)!);

test('describeBridge warns about frames to the address of a bridge port', (t) => {
  t.is(
    ofPort({ udp: UDP }),
    "io0 is a port of bridge br0, which keeps frames to io0's own address: --dst-mac says where they go",
  );
});

test('describeBridge does not warn about ARP, about frames with another address, and without a bridge', (t) => {
  t.is(ofPort({ udp: UDP, dstMac: '02:00:00:00:00:09' }), undefined);
  t.is(ofPort({ udp: UDP, vary: ['dst-mac=02:00:00:00:00:01..02:00:00:00:00:09'] }), undefined);
  t.is(ofPort({ arp: '10.0.0.1-10.0.0.2' }), undefined);
  t.is(ofPort({ udp: UDP }, { name: 'bond0', kind: 'bond' }), undefined);
  t.is(describeBridge('io0', undefined, readTemplateOptions({ udp: UDP })!), undefined);
});
