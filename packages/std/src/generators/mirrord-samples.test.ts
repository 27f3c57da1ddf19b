import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { answersAsJson, type MirrordOptions, mirrordAnswers, mirrordEvents, mirrordLines } from './mirrord.ts';

const folder = new URL('../../../../pipelines/mirrord/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder));

const POD = 'mirrord-operator-7d9c5b7f4-x2k8q_mirrord_mirrord-operator';
const FILES = {
  docker: `samples/docker/${POD}-5f3e0c1d9b7a48266e40f1c2d3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4938.log`,
  cri: `samples/cri/${POD}-a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90.log`,
} as const;
const sample = (format: 'docker' | 'cri'): MirrordOptions => ({
  format,
  lines: 200,
  seed: 'samples',
  clients: 24,
  targets: 20,
  shares: { large: 0.01, nonJson: 0.06 },
});

describe('the sample files of the mirrord pipeline', () => {
  // The files are renewed from `bytes` and `answers` when the generator changes.
  test.each(['docker', 'cri'] as const)('%s is what the generator writes, with its answers', (format) => {
    const bytes = Buffer.concat([...mirrordLines(sample(format))]);
    expect(read(FILES[format]).toString('latin1')).toBe(bytes.toString('latin1'));
    const answers = answersAsJson(mirrordAnswers(sample(format)));
    expect(JSON.parse(read(`samples/${format}/answers.json`).toString())).toEqual(JSON.parse(JSON.stringify(answers)));
  });
});

interface Declaration {
  type: string;
  description: string;
  aliases?: string[];
  values?: Record<string, { aliases?: string[]; description: string }>;
}
const { version, fields } = parse(read('fields.yaml').toString()) as {
  version: 1;
  fields: Record<string, Declaration>;
};

describe('the field file of the mirrord pipeline', () => {
  test('has a known type and a sentence for every field and value', () => {
    expect(version).toBe(1);
    const types = 'keyword text long double boolean date date_nanos ip object flattened'.split(' ');
    for (const [path, field] of Object.entries(fields)) {
      expect(types, path).toContain(field.type);
      for (const { description } of [field, ...Object.values(field.values ?? {})]) {
        expect(description, path).toMatch(/^[A-Z].*(\.|…\.)$/);
      }
    }
  });

  test('declares what the published dashboards read', () => {
    const read = [
      'client_id',
      'client_name',
      'client_hostname',
      'message',
      'session_id',
      'http_filter',
      'session_duration',
    ];
    const target = ['target_type', 'target_namespace', 'target_name', 'scale_down', 'port'];
    const envelope = ['kubernetes.namespace_name', 'kubernetes.container_name', '@timestamp', 'level', 'timestamp'];
    expect(Object.keys(fields)).toEqual(
      expect.arrayContaining([...[...read, ...target].map((name) => `fields.${name}`), ...envelope]),
    );
    expect(fields['fields.port']?.type).toBe('long');
    expect(fields['fields.scale_down']?.type).toBe('boolean');
    expect(fields['fields.session_duration']?.type).toBe('double');
  });

  test('knows every member and message of a functional record, in old and new spelling', () => {
    const names = new Set(Object.entries(fields).flatMap(([path, field]) => [path, ...(field.aliases ?? [])]));
    const messages = Object.entries(fields['fields.message']?.values ?? {});
    const texts = new Set(messages.flatMap(([name, value]) => [name, ...(value.aliases ?? [])]));
    for (const { text, truth } of mirrordEvents({ lines: 4000, seed: 'fields' })) {
      if (truth.kind !== 'functional') continue;
      const { fields: members, ...record } = JSON.parse(text) as Record<string, Record<string, unknown>>;
      for (const name of Object.keys(record)) expect(names).toContain(name);
      for (const name of Object.keys(members ?? {})) expect(names).toContain(`fields.${name}`);
      expect(texts).toContain(members?.['message']);
    }
  });
});
