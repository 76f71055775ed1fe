import koffi from 'koffi';

const libc = koffi.load(null);
const tzset = libc.func('void tzset(void)') as () => void;
const localtime = libc.func('void *localtime_r(const void *time, void *tm)') as (
  time: Uint8Array,
  tm: Uint8Array,
) => bigint | null;
const strftime = libc.func(
  'size_t strftime(char *text, size_t size, const char *format, const void *tm)',
) as (text: Uint8Array, size: number, format: string, tm: Uint8Array) => number;

/** Room for a struct tm of any libc: nine ints, a long and a pointer. Bytes. */
const TM_BYTES_MAX = 128;
/** PATH_MAX: no file name is longer. Bytes. */
const TEXT_BYTES_MAX = 4096;

/**
 * Formats a time in the local zone and the C locale. strftime(3).
 * @param seconds since 1970, whole
 * @returns '' if the result is empty or has more than 4,095 bytes
 */
export function formatLocalTime(format: string, seconds: number): string {
  tzset();
  const time = new Uint8Array(BigInt64Array.of(BigInt(seconds)).buffer);
  const tm = new Uint8Array(TM_BYTES_MAX);
  if (localtime(time, tm) === null) return '';
  const text = new Uint8Array(TEXT_BYTES_MAX);
  const length = strftime(text, text.length, format, tm);
  return new TextDecoder().decode(text.subarray(0, length));
}
