/**
 * The close codes of a stream that say more than "gone". None of them ends a party, because anybody
 * on the way could send it.
 */
export const closeCodes = {
  badFrame: 4400,
  notAuthenticated: 4401,
  replaced: 4409,
} as const;
