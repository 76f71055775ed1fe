/** What one check of the doctor found. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  /** `ok`; `poor`: rtap runs, with less; `missing`: rtap cannot run here. */
  readonly state: 'ok' | 'poor' | 'missing';
  /** What was seen. */
  readonly detail: string;
  /** What to do about it; undefined where nothing is to be done. */
  readonly remedy?: string;
}
