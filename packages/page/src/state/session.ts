import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Api } from '../api/client.ts';
import type { Sizes } from '../shell/sizes.ts';
import type { Go } from './use-route.ts';

/** What the whole page shares, and what stays the same while it is open. */
export interface Session {
  readonly api: Api;
  readonly go: Go;
  readonly sizes: Sizes;
  /** Of the store's clock, in Unix milliseconds. */
  now(): number;
}

export const SessionContext = createContext<Session | null>(null);

/** Throws outside of the page. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('there is no session outside of <App>');
  return session;
}
