import type { Unit } from '@tailrace/dashboards';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisLabels, axisSteps } from './axis.ts';

const plain = (labels: readonly string[]) => labels.map((label) => label.replaceAll('\u00a0', ' '));

describe('labels of an axis', () => {
  it.each([
    ['none', [0, 500, 1000, 1500], ['0', '500', '1,000', '1,500']],
    ['none', [0, 5000, 10_000], ['0', '5 k', '10 k']],
    ['none', [-1, 0, 1], ['−1', '0', '1']],
    ['none', [0, 0.05, 0.1], ['0', '0.05', '0.10']],
    ['seconds', [0, 0.5, 1, 1.5], ['0', '0.5 s', '1.0 s', '1.5 s']],
    ['seconds', [0, 60, 120], ['0', '1 m', '2 m']],
    ['seconds', [0, 0.2, 0.4], ['0', '200 ms', '400 ms']],
    ['milliseconds', [0, 500, 1000], ['0', '0.5 s', '1.0 s']],
    ['bytes', [0, 524_288, 1_048_576], ['0', '0.5 MiB', '1.0 MiB']],
    ['ratio', [0, 0.25, 0.5], ['0', '25 %', '50 %']],
    ['per_second', [0, 2.5, 5], ['0', '2.5/s', '5.0/s']],
  ] as const)('in %s', (unit, ticks, labels) => {
    expect(plain(axisLabels(ticks, unit))).toEqual(labels);
  });

  it('tell neighbours apart', () => {
    const unit = fc.constantFrom<Unit>('none', 'seconds', 'bytes', 'ratio', 'per_second');
    fc.assert(
      fc.property(unit, fc.nat({ max: 39 }), fc.integer({ min: 2, max: 8 }), (each, at, count) => {
        const step = axisSteps(each)[at % axisSteps(each).length] ?? 1;
        if (step < 1e-4) return;
        const labels = axisLabels(
          Array.from({ length: count }, (_, tick) => tick * step),
          each,
        );
        expect(new Set(labels).size).toBe(count);
      }),
      { numRuns: 100 },
    );
  });

  it('stand at distances that rise', () => {
    for (const unit of ['none', 'seconds', 'milliseconds', 'bytes', 'ratio'] as const) {
      const steps = axisSteps(unit);
      expect(steps).toEqual([...steps].sort((one, other) => one - other));
    }
  });
});
