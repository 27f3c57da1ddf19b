import type { Route } from './route.ts';

/** Where a path leads: its routes by method, and the parameters in it. */
export interface Match {
  readonly methods: ReadonlyMap<string, Route>;
  readonly params: Readonly<Record<string, string>>;
}

interface Place {
  readonly segments: readonly string[];
  readonly methods: Map<string, Route>;
}

/** A table of routes: a path is what is written, nothing in it is resolved, so `..` is a name like any other. */
export function createMatcher(routes: readonly Route[]): (path: string) => Match | undefined {
  const places = new Map<string, Place>();
  for (const route of routes) {
    const place = places.get(route.path) ?? { segments: route.path.split('/'), methods: new Map<string, Route>() };
    place.methods.set(route.method, route);
    places.set(route.path, place);
  }
  return (path) => {
    const segments = path.split('/');
    for (const place of places.values()) {
      const params = paramsOf(place.segments, segments);
      if (params !== undefined) return { methods: place.methods, params };
    }
    return undefined;
  };
}

function paramsOf(wanted: readonly string[], found: readonly string[]): Record<string, string> | undefined {
  if (wanted.length !== found.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const text = found[index] ?? '';
    if (!segment.startsWith('{')) {
      if (segment !== text) return undefined;
      continue;
    }
    const decoded = decode(text);
    if (decoded === undefined || decoded === '') return undefined;
    params[segment.slice(1, -1)] = decoded;
  }
  return params;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
