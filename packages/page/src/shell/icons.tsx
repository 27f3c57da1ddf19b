/** Shapes of 16 × 16, drawn with the colour of the text around them; what they mean is said beside them. */
const SHAPES = {
  logo: 'M2 5.4c2-2 4-2 6 0s4 2 6 0M2 10.6c2-2 4-2 6 0s4 2 6 0',
  down: 'm4 6 4 4 4-4',
  right: 'm6 4 4 4-4 4',
  clock: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 4.6V8l2.3 1.6',
  refresh: 'M13.4 8.6a5.5 5.5 0 1 1-1.3-4.2L13.6 6M13.8 2.4V6h-3.6',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1',
  moon: 'M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7Z',
  screen: 'M2 2.8h12v8H2zM5.6 13.6h4.8M8 10.8v2.8',
  info: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 7.4v3.6M8 4.8v.2',
  more: 'M3.4 8h.1M8 8h.1M12.6 8h.1',
  close: 'm4 4 8 8M12 4l-8 8',
  search: 'M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6ZM10.6 10.6l3.2 3.2',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  copy: 'M5.4 5.4h8v8h-8zM10.6 5.4V2.6h-8v8h2.8',
  warning: 'M8 2 1.6 13.4h12.8L8 2ZM8 6.4v3.4M8 11.4v.2',
  link: 'M9.4 2.6h4v4M13.2 2.8 7.6 8.4M11.4 9v4.4h-8.8V4.6H7',
  zoomOut: 'M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6ZM10.6 10.6l3.2 3.2M4.8 7h4.4',
  list: 'M5.4 4h8.2M5.4 8h8.2M5.4 12h8.2M2.4 4h.1M2.4 8h.1M2.4 12h.1',
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}
