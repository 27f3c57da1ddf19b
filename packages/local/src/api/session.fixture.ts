import type { TestEvent } from './api.fixture.ts';

/** Begin of the hour that tests look at. */
export const START = Date.UTC(2026, 0, 5, 12);

/** The hour as parameters of a request. */
export const WINDOW = `from=${START}&to=${START + 3_600_000}`;

/** A mirrord session that begins so many minutes after {@link START}. */
export function sessionStart(minute: number, user: string, id: number): TestEvent {
  return {
    at: START + minute * 60_000,
    fields: {
      'kubernetes.container_name': 'mirrord-operator',
      level: 'INFO',
      'fields.message': 'Session Start',
      'fields.session_id': String(id),
      'fields.client_user': user,
      'fields.target_name': 'checkout',
    },
  };
}
