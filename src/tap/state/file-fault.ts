/** What the kernel means when it refuses a file, where the name of the errno would leave users guessing. */
const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EEXIST: 'something else has this name',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ELOOP: 'the path has too many symbolic links',
  ENOTEMPTY: 'what lies in it cannot be removed',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EROFS: 'the file system is read-only',
  EFBIG: 'the file would be too large',
};

/**
 * `open failed with ENOENT (there is no such file or directory)`: the errno, and a sentence where there is one.
 *
 * The error itself is made in file-refusal, which loads koffi. The command line needs the words alone, and `rtap
 * --help` loads no library.
 */
export function describeFileFault(syscall: string, code: string): string {
  const fault = FAULTS[code];
  return `${syscall} failed with ${code}${fault === undefined ? '' : ` (${fault})`}`;
}
