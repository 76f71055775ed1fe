import test from 'ava';
import { parseFolders } from '../../../src/cli/extcap/wireshark-folders.js';

/** What tshark 4.0.17 of Debian 12 prints. */
const OLD = `Temp:                	/tmp
Personal configuration:	/root/.config/wireshark
Global configuration:	/usr/share/wireshark
Personal Plugins:    	/root/.local/lib/wireshark/plugins/4.0
Global Plugins:      	/usr/lib/x86_64-linux-gnu/wireshark/plugins/4.0
Extcap path:         	/usr/lib/x86_64-linux-gnu/wireshark/extcap
MaxMind database path:	/usr/share/GeoIP
`;

/** What tshark 4.4.19 of Debian 13 prints. */
const NEW = `Temp:                	/tmp
Personal configuration:	/root/.config/wireshark
Personal Lua Plugins:	/root/.local/lib/wireshark/plugins
Personal Extcap path:	/root/.local/lib/wireshark/extcap
Global Extcap path:  	/usr/lib/x86_64-linux-gnu/wireshark/extcap
MaxMind database path:	/usr/share/GeoIP
`;

const SYSTEM = '/usr/lib/x86_64-linux-gnu/wireshark/extcap';

test('Wireshark 4.0 looks in the folder of its configuration', (t) => {
  t.deepEqual(parseFolders(OLD), { personal: '/root/.config/wireshark/extcap', system: SYSTEM });
});

test('Wireshark 4.4 names its folder', (t) => {
  t.deepEqual(parseFolders(NEW), { personal: '/root/.local/lib/wireshark/extcap', system: SYSTEM });
});

test('a path with blanks and colons is kept', (t) => {
  t.is(parseFolders('Personal Extcap path:\t/home/a b: c/extcap\n').personal, '/home/a b: c/extcap');
});

test('what tshark does not print is not known', (t) => {
  t.deepEqual(parseFolders(''), { personal: undefined, system: undefined });
});
