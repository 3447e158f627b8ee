/** The longest path that every store can keep, in bytes: LMDB keys end at 1,978 bytes. */
export const MAX_PATH_LENGTH: number = 1900;

/** The longest producer id that every store can keep, in characters. */
export const MAX_PRODUCER_ID_LENGTH: number = 1024;
