// The port for rate limits: a sliding window for each key.

export interface RateLimitRule {
  /** The most in any window. */
  readonly limit: number;
  readonly windowMs: number;
}
export interface RateLimitAnswer {
  readonly allowed: boolean;
  /** How many more fit now. */
  readonly remaining: number;
  /** After a refusal, the time until the next one fits. 0 when allowed. */
  readonly retryAfterMs: number;
  /**
   * Takes the count back, for something that was counted ahead and turned out to be of another
   * kind. A second call, and a call after a refusal, change nothing.
   */
  readonly giveBack: () => Promise<void>;
}
export interface RateLimit {
  /** Counts one if it fits, and says whether it does. */
  take(key: string, rule: RateLimitRule): Promise<RateLimitAnswer>;
  close(): Promise<void>;
}
