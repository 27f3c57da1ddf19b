import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { parseRoute, type Route, routeHash } from './route.ts';

/** Leads to another address; `replace` keeps the one before out of the history. */
export type Go = (route: Route, how?: 'push' | 'replace') => void;

/** The route that the address means, and the way to others. */
export function useRoute(): [Route, Go] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    addEventListener('popstate', changed);
    return () => {
      removeEventListener('hashchange', changed);
      removeEventListener('popstate', changed);
    };
  }, []);
  const go = useCallback<Go>((next, how = 'push') => {
    const address = routeHash(next);
    if (address === location.hash) return;
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    setHash(address);
  }, []);
  return [useMemo(() => parseRoute(hash), [hash]), go];
}
