// How often somebody did something lately, as a port: a sliding window per key.

export interface RateLimitRule {
  /** How many within the window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Only looks: counts nothing. */
  readonly look?: boolean;
}
export interface RateLimitAnswer {
  readonly allowed: boolean;
  /** How many more fit now. */
  readonly remaining: number;
  /** When refused: when the next one fits. 0 when allowed. */
  readonly retryAfterMs: number;
}
export interface RateLimit {
  /** Counts one, unless it only looks, and says whether it fits. A refused one does not count. */
  take(key: string, rule: RateLimitRule): Promise<RateLimitAnswer>;
  close(): Promise<void>;
}
