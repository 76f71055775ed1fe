/** How long a test waits for something that should happen soon. Long, since CI machines are slow. */
export const DEADLINE_MS = 60_000;

/** The pause before the next look, at first and at most. A look often starts a process. */
const LOOK_MS_MIN = 5;
const LOOK_MS_MAX = 50;

/** Settles as `promise` does, or throws after `timeoutMs`. The error names `what`. */
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

/** Waits for the first result of `look` that is neither undefined nor false. For kernel states that send no event. */
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
