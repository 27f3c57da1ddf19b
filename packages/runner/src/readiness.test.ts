import { expect, it } from 'vitest';
import { readiness, STARTING } from './readiness.ts';

function kept() {
  const said: string[] = [];
  const say = (level: string) => (_details: object, message: string) => void said.push(`${level} ${message}`);
  return { said, ready: readiness({ debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }) };
}

it('writes a reason once when it comes and once when it goes', () => {
  const { said, ready } = kept();
  for (let k = 0; k < 100; k++) ready.set('es', 'target', 'refused');
  expect(ready.reasons()).toEqual([{ component: 'es', subject: 'target', reason: 'refused' }]);
  for (let k = 0; k < 100; k++) ready.set('es', 'target', null);
  expect(ready.reasons()).toEqual([]);
  expect(said).toEqual(['warn es: target: refused', 'info es: target works again']);
});

it('shows each change, but does not write one that comes and goes all the time', () => {
  const { said, ready } = kept();
  for (let k = 0; k < 100; k++) {
    ready.set('es', 'target', `503 number ${k}`);
    expect(ready.reasons()[0]!.reason).toBe(`503 number ${k}`);
    ready.set('es', 'target', null);
  }
  expect(said).toEqual(['warn es: target: 503 number 0', 'info es: target works again']);
});

it('has no word in the log for a start', () => {
  const { said, ready } = kept();
  ready.set('in', STARTING, 'is starting');
  expect(ready.reasons()).toHaveLength(1);
  ready.set('in', STARTING, null);
  expect(said).toEqual([]);
});
