import { type ComponentChildren, createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import { resolveColor } from '../style/palette.ts';
import { type Crosshair, createCrosshair } from './crosshair.ts';

interface Shared {
  readonly crosshair: Crosshair;
  /** A CSS colour as canvases know it. */
  color(css: string, theme: string): string;
}

const Group = createContext<Shared | null>(null);

/** Panels within it share their crosshair. */
export function PanelGroup({ children }: { readonly children: ComponentChildren }) {
  return <Group.Provider value={useMemo(createShared, [])}>{children}</Group.Provider>;
}

/** What the panels around share; a panel that stands alone has its own. */
export function useShared(): Shared {
  const shared = useContext(Group);
  return useMemo(() => shared ?? createShared(), [shared]);
}

function createShared(): Shared {
  const colors = new Map<string, string>();
  return {
    crosshair: createCrosshair(),
    color(css, theme) {
      const key = `${theme} ${css}`;
      const known = colors.get(key);
      if (known !== undefined) return known;
      const color = resolveColor(css, document.body);
      colors.set(key, color);
      return color;
    },
  };
}
