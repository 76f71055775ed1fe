import { spawnSync } from 'node:child_process';
import test from 'ava';
import { readFeatures } from '../../../src/sys/ethtool.js';
import { enterNewNetworkNamespace } from '../../../src/sys/network-namespace.js';
import { ip } from '../../netlink/iproute2.js';
import { openedSince, openFiles } from '../../open-files.js';

enterNewNetworkNamespace();

/** What `ethtool -k` prints of single features; it indents those that it counts to a group. */
function featuresByEthtool(name: string): Map<string, boolean> {
  const { stdout } = spawnSync('ethtool', ['-k', name], { encoding: 'utf8' });
  const lines = stdout.matchAll(/^\s*([\w-]+): (on|off)\b/gm);
  return new Map(Array.from(lines, ([, feature, state]) => [feature!, state === 'on']));
}

test('readFeatures agrees with ethtool, for devices of several kinds', (t) => {
  ip(
    'tuntap add dev io0 mode tap multi_queue vnet_hdr',
    'link add v0 type veth peer name v1',
    'link set v0 up',
  );
  for (const name of ['io0', 'v0', 'lo']) {
    const ours = readFeatures(name);
    const theirs = featuresByEthtool(name);
    t.true(ours.size > 40);
    let compared = 0;
    for (const [feature, active] of ours) {
      const expected = theirs.get(feature);
      if (expected === undefined) continue;
      t.is(active, expected, `${name} ${feature}`);
      compared++;
    }
    t.true(compared > 30, `${compared} features compared`);
  }
});

test('readFeatures sees a feature change', (t) => {
  ip('link add v2 type veth peer name v3');
  t.true(readFeatures('v2').get('tx-tcp-segmentation'));
  spawnSync('ethtool', ['-K', 'v2', 'tx-tcp-segmentation', 'off']);
  t.false(readFeatures('v2').get('tx-tcp-segmentation'));
  t.true(readFeatures('v2').get('tx-tcp6-segmentation'));
});

test('readFeatures knows the names that TUNSETOFFLOAD changes', (t) => {
  const features = readFeatures('lo');
  for (const name of [
    'tx-checksum-ip-generic',
    'tx-tcp-segmentation',
    'tx-tcp6-segmentation',
    'tx-tcp-ecn-segmentation',
    'tx-udp-segmentation',
  ]) {
    t.true(features.has(name), name);
  }
});

test('readFeatures throws ENODEV when there is no such device, and leaves no descriptor', (t) => {
  // The names of the features are read once.
  readFeatures('lo');
  const before = openFiles();
  for (let round = 0; round < 50; round++) {
    const error = t.throws(() => readFeatures('nope'));
    t.is(error?.message, 'cannot read features of "nope": ioctl(ETHTOOL_GFEATURES) failed with ENODEV');
    readFeatures('lo');
  }
  t.deepEqual(openedSince(before), []);
});
