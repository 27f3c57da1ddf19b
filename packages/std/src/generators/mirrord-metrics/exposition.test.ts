import { expect, test } from 'vitest';
import { parseExposition } from '../../sources/prometheus-scrape/parse.ts';
import { expositionOf } from './exposition.ts';
import { createOperator } from './operator.ts';
import { printText } from './print.ts';

test.each([1, 2, 40, 400])('after %i ticks it is what the text says', (ticks) => {
  const operator = createOperator('exposition');
  for (let k = 0; k < ticks; k++) operator.tick();
  const text = Buffer.from(printText(operator.metrics));
  expect(expositionOf(operator.metrics)).toEqual(parseExposition(text, { format: 'text', sampleLimit: 1e6 }));
});
