import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deploymentOf, legalTag, printTags } from './tags.ts';

describe('a tag', () => {
  test.each([
    ['env:prod', 'env:prod'],
    ['Env:PROD', 'env:prod'],
    ['version:2.1.0-beta/3', 'version:2.1.0-beta/3'],
    ['team:log & metrics', 'team:log_metrics'],
    ['a__b', 'a_b'],
    ['path:/var/log,x', 'path:/var/log_x'],
    ['trailing:abc_', 'trailing:abc'],
    ['trailing:abc!!', 'trailing:abc'],
    ['key:', 'key'],
    ['9lives:x', 'lives:x'],
    [':value', 'value'],
    ['市:東京', '市:東京'],
    ['', ''],
    ['!!!', ''],
  ])('%j becomes %j', (tag, legal) => expect(legalTag(tag)).toBe(legal));

  test('has at most 200 characters, counted as people do', () => {
    for (const length of [199, 200]) expect(legalTag('a'.repeat(length))).toHaveLength(length);
    expect(legalTag('a'.repeat(201))).toHaveLength(200);
    expect([...legalTag('𐐷'.repeat(300))]).toHaveLength(200);
  });

  test('is legal whatever comes in, and stays as it is the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const legal = legalTag(text);
        expect(legal).toMatch(/^(?:\p{L}[\p{L}\p{M}\p{N}_\-:./]*)?$/u);
        expect(legal).not.toMatch(/__|[_:]$/);
        expect(legalTag(legal)).toBe(legal);
      }),
      { numRuns: 200 },
    );
  });
});

test('tags are joined by commas, each one once, empty ones left out', () => {
  expect(printTags(['env:prod', 'Env:Prod', '', ' ', 'b'])).toBe('env:prod,b');
});

describe('the deployment of a pod', () => {
  test.each([
    ['mirrord-operator-7d9c5b7f4-x2k8q', 'mirrord-operator'],
    ['web-5f6d8c9b7d-bcdfg', 'web'],
    ['web-1429474553-x2k8q', 'web'],
    ['a-b-c-7d9c5b7f4-x2k8q', 'a-b-c'],
  ])('%s is of %s', (pod, deployment) => expect(deploymentOf(pod)).toBe(deployment));

  test.each([
    'web-0',
    'fluent-bit-x2k8q',
    'coredns',
    'job-28473920-x2k8',
    'web-7d9c5b7f4-x2k8',
    'web-7d9c5b7f4-x2k8a',
    '-7d9c5b7f4-x2k8q',
    '',
  ])('%j is of none', (pod) => expect(deploymentOf(pod)).toBeUndefined());
});
