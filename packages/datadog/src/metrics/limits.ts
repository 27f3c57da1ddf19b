/**
 * Largest body of POST /api/v2/series as it goes over the wire, in bytes (docs.datadoghq.com/api/latest/metrics/submit-metrics). The page of
 * /api/v1/distribution_points names none, so the same is kept to there.
 */
export const PACKED_BYTES = 512_000;

/** Largest body before it is packed, in bytes; it has to be smaller than 5,242,880 (same page). */
export const PLAIN_BYTES = 5_242_879;

/** How long ago a point may be, in milliseconds (same page, `points`). */
export const MAX_AGE = '1h';
