// How often somebody did something lately, as a port: a sliding window per key.

export interface RateLimitRule {
  /** How many within the window. */
  readonly limit: number;
  readonly windowMs: number;
}
export interface RateLimitAnswer {
  readonly allowed: boolean;
  /** How many more fit now. */
  readonly remaining: number;
  /** When refused: when the next one fits. 0 when allowed. */
  readonly retryAfterMs: number;
  /** Counts it no longer: what was counted ahead turned out to be of another kind. Again, or of a refused one, it changes nothing. */
  readonly giveBack: () => Promise<void>;
}
export interface RateLimit {
  /** Counts one if it fits, and says whether it does. */
  take(key: string, rule: RateLimitRule): Promise<RateLimitAnswer>;
  close(): Promise<void>;
}
