import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { registry } from '../../packages/cli/src/registry.generated.ts';
import { root, trackedFiles } from './workspace.ts';

const documents = trackedFiles().filter((file) => file.endsWith('.md'));

test.each(documents)('the links of %s lead somewhere', (file) => {
  const text = readFileSync(path.join(root, file), 'utf8').replaceAll(/```.*?```/gs, '');
  const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? '');
  const dead = targets.filter(
    (target) => !/^[a-z]+:/.test(target) && !existsSync(path.join(root, path.dirname(file), target)),
  );
  expect(dead).toEqual([]);
});

test('the pipeline in README.md is pipelines/mirrord/elasticsearch.yaml without its comments', () => {
  const shown = /```yaml\n(.*?)```/s.exec(readFileSync(path.join(root, 'README.md'), 'utf8'))?.[1];
  const shipped = readFileSync(path.join(root, 'pipelines/mirrord/elasticsearch.yaml'), 'utf8');
  expect(withoutComments(shown ?? '')).toEqual(withoutComments(shipped));
});

test('docs/delivery.md says what is guaranteed for every source and every sink', () => {
  const text = readFileSync(path.join(root, 'docs/delivery.md'), 'utf8');
  const [head = '', , ...rows] = text.split('\n## ')[1]?.match(/^\|.*$/gm) ?? [];
  const namesIn = (cells: string[]) =>
    cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
  const typesOf = (kind: string) => registry.filter((one) => one.kind === kind).map(({ type }) => type);
  expect(namesIn(rows.map((row) => row.split('|')[1] ?? '')).toSorted()).toEqual(typesOf('source').toSorted());
  expect(namesIn([head])).toEqual(expect.arrayContaining(typesOf('sink')));
});

test('ARCHITECTURE.md stays short', () => {
  expect(readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(121);
});

function withoutComments(yaml: string): string[] {
  return yaml
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trimEnd())
    .filter((line) => line !== '');
}
