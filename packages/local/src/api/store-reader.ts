import type { Store } from '../store/store.ts';

/** All that the API needs of a store. */
export type StoreReader = Pick<Store, 'fields' | 'revision' | 'onChange' | 'counts' | 'read'>;
