import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import test from 'ava';
import { RTAP, run, start } from '../command.js';
import { eventually } from '../deadline.js';
import { ipLinks } from '../ip-link.js';
import { RunningProcess } from '../running-process.js';
import { enterWorkspace, runtimeEntries } from '../workspace.js';

const workspace = enterWorkspace();
// Another demo on this machine uses the usual folder.
process.env.TMPDIR = workspace.directory;

function demoFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('rtap-demo-'));
}

test.serial('demo runs its commands and leaves nothing behind', async (t) => {
  const before = ipLinks().map(({ ifname }) => ifname);
  const { code, stdout, stderr } = await run('demo');
  t.is(code, 0, stderr);
  for (const command of [
    'create --iface io0 --persist',
    'up io0',
    'rx-dump io0 &',
    'stats io0 --per-queue',
    'delete io0',
  ]) {
    t.true(stdout.includes(`$ rtap ${command}\n`), command);
  }
  t.regex(
    stdout,
    /^\$ for i in .* >\/dev\/udp\/239\.1\.2\.3\/9; done$/m,
    'the command that makes the traffic',
  );
  t.regex(stdout, /^# MISSED: the kernel dropped the frames that it sent while no rx-dump was reading io0/m);
  t.regex(stdout, /q[0-3] \d+ IP 192\.0\.2\.1\.\d+ > 239\.1\.2\.3\.9: UDP, length 21/);
  t.regex(stdout, /ARP, Reply 192\.0\.2\.1 is-at 02:00:00:00:00:01/);
  t.regex(stderr, /^80000 packets offered, 80000 accepted/m);
  t.regex(stderr, /^80000 packets received by the kernel$/m);
  t.deepEqual(
    ipLinks().map(({ ifname }) => ifname),
    before,
    'the namespace that it was started in is untouched',
  );
  t.deepEqual(runtimeEntries(workspace), []);
  t.deepEqual(demoFolders(), []);
});

test.serial('demo leaves nothing behind when a signal ends it', async (t) => {
  const demo = start(['demo']);
  await demo.waitFor(/listening/, 'stderr');
  const { code } = await demo.stop('SIGTERM');
  t.is(code, 3);
  t.deepEqual(runtimeEntries(workspace), []);
  t.deepEqual(demoFolders(), []);
});

/** The processes that use this test's folder for temporary files: those that it has started, and their children. */
function demoProcesses(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${workspace.directory}\0`);
    } catch {
      return false;
    }
  });
}

test.serial('demo leaves neither process nor folder behind when SIGKILL ends it', async (t) => {
  const demo = start(['demo']);
  await demo.waitFor(/listening/, 'stderr');
  t.true(demoProcesses().length >= 3, 'demo, rx-dump and the process that removes the folder');
  await demo.stop('SIGKILL');
  await eventually(() => demoFolders().length === 0, 'the end of the folder');
  await eventually(() => demoProcesses().length === 0, 'the end of the processes');
  t.deepEqual(runtimeEntries(workspace), []);
});

test.serial('demo says how to get a temporary folder when it can make none', async (t) => {
  const { code, stderr } = await new RunningProcess('env', ['TMPDIR=/proc', RTAP, 'demo']).ended();
  t.is(code, 2);
  t.regex(stderr, /^rtap: cannot create "\/proc\/rtap-demo-XXXXXX": mkdtemp failed with ENOENT/);
  t.regex(stderr, /^hint: set TMPDIR to a directory that this user can write$/m);
});
