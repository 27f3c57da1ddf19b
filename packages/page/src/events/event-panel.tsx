import type { Condition } from '@tailrace/dashboards';
import type { OneEvent } from '@tailrace/local';
import { useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer.ts';
import { Icon } from '../shell/icons.tsx';
import { Modal } from '../shell/modal.tsx';
import { ScreenMessage } from '../shell/screen-message.tsx';
import { EventFields } from './event-fields.tsx';

interface EventPanelProps {
  readonly eventKey: string;
  /** Keys of the list, the newest first. */
  readonly keys: readonly string[];
  onOpen(key: string): void;
  onClose(): void;
  onFilter(condition: Condition): void;
}

/** One event beside the list that it is in. */
export function EventPanel({ eventKey, keys, onOpen, onClose, onFilter }: EventPanelProps) {
  const [attempt, setAttempt] = useState(0);
  const { value, failure } = useAnswer<OneEvent>(
    { path: `/events/${encodeURIComponent(eventKey)}`, parameters: {} },
    attempt,
  );
  const at = keys.indexOf(eventKey);
  const isHere = value?.key === eventKey;
  return (
    <Modal title="Event" isSide onClose={onClose}>
      <div class="event-steps">
        <Step words="Newer" to={keys[at - 1]} onOpen={onOpen} />
        <Step words="Older" to={at < 0 ? undefined : keys[at + 1]} onOpen={onOpen} />
        <a class="button small event-link" href={`#/event/${encodeURIComponent(eventKey)}`}>
          <Icon name="link" /> Its own page
        </a>
      </div>
      {value !== null && isHere && failure === null ? (
        <EventFields event={value} onFilter={onFilter} />
      ) : (
        <ScreenMessage failure={failure} loading="Loading the event" onAgain={() => setAttempt(attempt + 1)} />
      )}
    </Modal>
  );
}

function Step({ words, to, onOpen }: { words: string; to: string | undefined; onOpen(key: string): void }) {
  return (
    <button
      type="button"
      class="button small"
      disabled={to === undefined}
      onClick={() => to !== undefined && onOpen(to)}
    >
      {words}
    </button>
  );
}
