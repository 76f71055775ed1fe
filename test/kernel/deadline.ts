/** How long a test waits for what should happen soon; generous, since machines of CI are slow. */
export const DEADLINE_MS = 60_000;

/** When a state that sends no event is looked at again, at first and at last: a look often takes the start of a process. */
const LOOK_MS_MIN = 5;
const LOOK_MS_MAX = 50;

/** Settles as `promise` does, or throws after `timeoutMs`, naming `what` was waited for. */
export async function withDeadline<T>(
  promise: Promise<T>,
  what: string | (() => string),
  timeoutMs = DEADLINE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${timeoutMs} ms in vain for ${typeof what === 'string' ? what : what()}`));
    }, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first result of `look` that is neither undefined nor false: for states of the kernel that send no event. */
export async function eventually<T>(
  look: () => T | undefined | false,
  what: string | (() => string),
  timeoutMs = DEADLINE_MS,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (let pauseMs = LOOK_MS_MIN; ; pauseMs = Math.min(1.5 * pauseMs, LOOK_MS_MAX)) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
