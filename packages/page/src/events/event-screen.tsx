import type { OneEvent } from '@tailrace/local';
import { useState } from 'preact/hooks';
import { useAnswer } from '../api/use-answer.ts';
import { ScreenMessage } from '../shell/screen-message.tsx';
import { type Chrome, Shell } from '../shell/shell.tsx';
import { eventsAt, routeHash } from '../state/route.ts';
import { useSession } from '../state/session.ts';
import { EventFields } from './event-fields.tsx';

const AROUND = 15 * 60_000;

/** One event alone, at an address of its own. */
export function EventScreen({ chrome, eventKey }: { chrome: Chrome; eventKey: string }) {
  const { go } = useSession();
  const [attempt, setAttempt] = useState(0);
  const { value, failure } = useAnswer<OneEvent>(
    { path: `/events/${encodeURIComponent(eventKey)}`, parameters: {} },
    attempt,
  );
  const event = value?.key === eventKey ? value : null;
  const range = event === null ? null : { from: event.time - AROUND, to: event.time + AROUND };
  return (
    <Shell chrome={chrome} title="Event" time={null}>
      <h1 class="event-heading">Event</h1>
      {event === null ? (
        <ScreenMessage failure={failure} loading="Loading the event" onAgain={() => setAttempt(attempt + 1)} />
      ) : (
        <article class="event-page">
          <p>
            <a href={routeHash(eventsAt({ range }, { open: eventKey }))}>Events around it</a>
          </p>
          <EventFields event={event} onFilter={(condition) => go(eventsAt({ range }, { where: [condition] }))} />
        </article>
      )}
    </Shell>
  );
}
