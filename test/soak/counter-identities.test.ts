import test from 'ava';
import { disagreements } from './counter-identities.js';

/** One queue that received three frames and one error, and sent two. */
const AGREEING: Readonly<Record<string, number>> = {
  rx_good_packets: 3,
  rx_good_bytes: 300,
  rx_errors: 1,
  tx_good_packets: 2,
  tx_good_bytes: 128,
  tx_errors: 0,
  rx_q0_packets: 3,
  rx_q0_bytes: 300,
  rx_q0_errors: 1,
  rx_q0_size_64_packets: 1,
  rx_q0_size_65_to_127_packets: 2,
  rx_q0_broadcast_packets: 1,
  rx_q0_multicast_packets: 0,
  rx_q0_unicast_packets: 2,
  rx_q0_lro_packets: 1,
  rx_q0_checksum_good: 1,
  rx_q0_checksum_none: 1,
  rx_q0_checksum_bad: 1,
  rx_q0_checksum_unknown: 0,
  rx_q0_truncated_errors: 1,
  rx_q0_other_errors: 0,
  tx_q0_packets: 2,
  tx_q0_bytes: 128,
  tx_q0_errors: 0,
  tx_q0_size_64_packets: 2,
  tx_q0_unicast_packets: 2,
  tx_q0_tso_packets: 0,
  tx_q0_other_errors: 0,
};

test('disagreements finds a counter that is wrong, and none when all agree', (t) => {
  t.deepEqual(disagreements(AGREEING), []);
  for (const name of Object.keys(AGREEING)) {
    const counted = !/_(lro|tso)_/.test(name);
    t.is(disagreements({ ...AGREEING, [name]: AGREEING[name]! + 1 }).length > 0, counted, name);
  }
});

test('disagreements finds a counter that is missing', (t) => {
  for (const name of ['rx_q0_size_64_packets', 'tx_q0_unicast_packets', 'rx_good_packets'])
    t.not(
      disagreements(Object.fromEntries(Object.entries(AGREEING).filter(([key]) => key !== name))).length,
      0,
    );
});
