// A token bucket: a burst at once, then a steady refill.

/** `level` is what is in it, at most `burst`; it may be below zero after more was taken than there was. */
export type Bucket = { burst: number; perMinute: number; level: number; filledAtMs: number };

export type Rate = { burst: number; perMinute: number };

/** A full one. */
export function newBucket({ burst, perMinute }: Rate, nowMs: number): Bucket {
  return { burst, perMinute, level: burst, filledAtMs: nowMs };
}

/** Lets in what has come since the last time; a clock that goes back adds nothing. */
export function refill(bucket: Bucket, nowMs: number): Bucket {
  const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
  bucket.level = Math.min(bucket.burst, bucket.level + (elapsedMs * bucket.perMinute) / 60_000);
  bucket.filledAtMs = nowMs;
  return bucket;
}

/** Refills, and follows a rate that was changed: one that was raised lets the difference through at once. */
export function adapt(bucket: Bucket, { burst, perMinute }: Rate, nowMs: number): Bucket {
  if (burst > bucket.burst) bucket.level += burst - bucket.burst;
  bucket.burst = burst;
  bucket.perMinute = perMinute;
  return refill(bucket, nowMs);
}

/** Seconds, with a fraction, until the bucket holds `level`; endless when nothing ever comes. */
export function secondsUntil(bucket: Bucket, level: number): number {
  const missing = level - bucket.level;
  return missing <= 0 ? 0 : (missing * 60) / bucket.perMinute;
}
