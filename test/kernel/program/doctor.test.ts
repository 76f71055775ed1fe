import { readFileSync } from 'node:fs';
import test from 'ava';
import { done, json, RTAP } from '../command.js';
import { ipLinks } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { unprivileged } from '../unprivileged.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

test.serial('doctor finds nothing missing as root on a machine that can run these tests', async (t) => {
  const before = ipLinks().map(({ ifname }) => ifname);
  const findings = await json<Finding[]>('doctor');
  t.deepEqual(
    findings.map(({ check }) => check),
    [
      'versions',
      'liburing',
      'io_uring',
      '/dev/net/tun',
      'CAP_NET_ADMIN',
      'runtime directory',
      'processes',
      'libpcap',
      'multi-queue TAP',
      'receive through io_uring',
      'drop counter',
      'steering',
    ],
  );
  for (const { check, state, detail } of findings) t.not(state, 'missing', `${check}: ${detail}`);
  const drops = findings.find(({ check }) => check === 'drop counter');
  t.is(drops?.state, 'ok', 'drops show in tx_dropped, which rtap reads as missed');
  t.is(findings.find(({ check }) => check === 'steering')?.state, 'ok');
  t.deepEqual(
    ipLinks().map(({ ifname }) => ifname),
    before,
    'nothing was tried outside a namespace of its own',
  );
  t.deepEqual(runtimeEntries(workspace), []);
});

test.serial('doctor prints a line for each finding without --json', async (t) => {
  const lines = (await done('doctor')).trimEnd().split('\n');
  t.regex(lines[0]!, /^ok {7}versions +Node v\d+\.\d+\.\d+, Linux \d/);
  t.true(lines.some((line) => line.startsWith('ok       liburing')));
});

test.serial('doctor names a remedy when a user lacks the privilege', async (t) => {
  const { code, stdout } = await unprivileged('doctor');
  t.is(code, 0, 'nothing is missing: devices made for this user work');
  t.regex(stdout, /^poor {5}CAP_NET_ADMIN .*\n {9}remedy: run as root/m);
});

test.serial('doctor says that bpf(2) is refused in a user namespace, and how it is set', async (t) => {
  const line = ['-rn', process.execPath, RTAP, 'doctor', '--json'];
  const { code, stdout } = await new RunningProcess('unshare', line).ended();
  t.is(code, 0);
  const steering = (JSON.parse(stdout) as Finding[]).find(({ check }) => check === 'steering');
  t.is(steering?.state, 'poor');
  t.is(steering?.detail, 'no rtap steer: bpf(BPF_PROG_LOAD) failed with EPERM');
  const disabled = readFileSync('/proc/sys/kernel/unprivileged_bpf_disabled', 'latin1').trim();
  t.is(
    steering?.remedy,
    `run as root outside of a user namespace, or grant CAP_BPF (kernel.unprivileged_bpf_disabled is ${disabled})`,
  );
});
