import type { ComponentChildren } from 'preact';
import type { Changes } from '../api/use-changes.ts';
import { formatMoment } from '../format/time.ts';
import { eventsIn } from '../state/refresh.ts';
import { spanOf } from '../state/time-range.ts';
import type { TimeControls } from './header.tsx';
import { Icon } from './icons.tsx';

const MARGIN = 60_000;

/** Says what keeps the whole page from showing anything, and what to do about it. */
export function StoreBanner({ changes, time, now }: { changes: Changes; time: TimeControls | null; now(): number }) {
  const { failure, status } = changes;
  if (failure !== null)
    return <Banner kind="bad">{failure.message} What is shown may be old; it is tried again.</Banner>;
  if (status === null) return null;
  if (eventsIn(status) === 0) {
    return (
      <Banner kind="neutral">
        Nothing is stored yet. The page fills as soon as <code>{status.component}</code> receives the first events: look
        at what the pipeline says in its terminal, and at whether its source has anything to read.
      </Banner>
    );
  }
  if (time === null || status.first === null || status.last === null) return null;
  const span = spanOf(time.range, now());
  if (span.from <= status.last && span.to > status.first) return null;
  const held = { from: status.first, to: status.last + 1 };
  return (
    <Banner kind="neutral">
      No log event is of the time shown. The store holds those from {formatMoment(held.from, now())} to{' '}
      {formatMoment(held.to, now())}.{' '}
      <button
        type="button"
        class="button small"
        onClick={() => time.onRange({ from: held.from - MARGIN, to: held.to + MARGIN })}
      >
        Show all of them
      </button>
    </Banner>
  );
}

function Banner({ kind, children }: { kind: 'bad' | 'neutral'; children: ComponentChildren }) {
  return (
    <div class={`banner ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon name={kind === 'bad' ? 'warning' : 'info'} />
      <p>{children}</p>
    </div>
  );
}
