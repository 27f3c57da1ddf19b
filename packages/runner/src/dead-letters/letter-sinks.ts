/** What a sink names among its `inputs` to take dead letters. */
export const DEAD_LETTERS = 'dead_letters';
