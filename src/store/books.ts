// The purses of the house itself, on the other side of every entry.

/** Ids as the migrations made them; purses of clients begin at 100. */
export const BOOKS = {
  /** Money that came in from outside. */
  payments: 1,
  /** Money the operator gave away. */
  grants: 2,
  revenue: 3,
  forfeits: 4,
  adjustments: 5,
  /** What time keys use of the windows they were sold. */
  windows: 6,
} as const;

export const FIRST_CLIENT_PURSE = 100;
