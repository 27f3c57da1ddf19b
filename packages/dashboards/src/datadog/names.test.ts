import fc from 'fast-check';
import { expect, test } from 'vitest';
import { metricName as sentName } from '../../../datadog/src/metrics/names.ts';
import { legalTag as sentTag } from '../../../datadog/src/tags.ts';
import { legalName, legalTag } from './names.ts';

test('a metric is asked for by the name that the sink sends it with', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'aZ0_.:-é ') }), (name) => {
      expect(legalName(name)).toBe(sentName(undefined, name) ?? '');
    }),
  );
});

test('and a tag by what the sink makes of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'aZ0_.:-é /$,{}') }), fc.nat(150), (value, more) => {
      const tag = `label:${value}${'x'.repeat(more)}`;
      expect(legalTag(tag)).toBe(sentTag(tag));
    }),
  );
});
