import { useEffect, useState } from 'preact/hooks';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'tailrace.theme';
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** What was chosen, and what it comes to: `auto` follows the system. */
export function useTheme(): { theme: Theme; shown: 'light' | 'dark'; choose(theme: Theme): void } {
  const [theme, setTheme] = useState<Theme>(() => show(stored()));
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => setSystemDark(query.matches);
    query.addEventListener('change', changed);
    return () => query.removeEventListener('change', changed);
  }, []);
  const choose = (next: Theme) => {
    setTheme(show(next));
    store(next);
  };
  return { theme, shown: theme === 'auto' ? (systemDark ? 'dark' : 'light') : theme, choose };
}

/** Before anything is drawn with it: canvases read the colours while they are drawn. */
function show(theme: Theme): Theme {
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', theme);
  return theme;
}

// Where storage is refused (a setting of browsers), the choice holds until the page is closed.
function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return THEMES.find((each) => each === value) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    return;
  }
}
