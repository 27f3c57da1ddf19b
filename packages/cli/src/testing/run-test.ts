import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Json, type Log, parseJson, type SinkDeclaration } from '@tailrace/core';
import { type ComponentConfig, type PipelineConfig, producerOf, runPipeline, type TestConfig } from '@tailrace/runner';
import { version } from '../version.ts';
import { eventSink, inputSource, newRecording, type Recording, recordedSink, recordedTransform } from './recording.ts';
import { InputError } from './test-input.ts';

/** What came out of a tested pipeline. */
export interface Observed extends Recording {
  readonly deadLetters: { component: string; code: string; message: string; event: Json }[];
  /** What the engine itself complained of. */
  readonly problems: readonly string[];
}

const nothing = (): void => {};
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const FOREVER_MS = 2 ** 31 - 1;

/** Runs the input of a test through the real engine, with only the source and the sending replaced. */
export async function observe(config: PipelineConfig, test: TestConfig): Promise<Observed> {
  const recording = newRecording();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'tailrace-test-'));
  try {
    const components = plan(config.components, test, recording);
    const { settings } = config;
    const tested: PipelineConfig = {
      dataDir,
      components,
      settings: {
        ...settings,
        metrics: { ...settings.metrics, enabled: false },
        log: { ...settings.log, stats_interval: FOREVER_MS },
        dead_letters: { ...settings.dead_letters, path: undefined },
      },
    };
    const stop = new AbortController().signal;
    const summary = await runPipeline(tested, { once: true, stop, log: silent, version: version(), env: {} });
    return { ...recording, deadLetters: readLetters(summary.deadLetterFile), problems: summary.problems };
  } catch (error) {
    if (error instanceof InputError) return { ...recording, deadLetters: [], problems: [error.message] };
    throw error;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The components that take part: all that the source feeds, or the one component between source and sink. */
function plan(all: readonly ComponentConfig[], test: TestConfig, recording: Recording): ComponentConfig[] {
  const sources = all.filter(({ declaration }) => declaration.kind === 'source');
  const { source: sourceId, component: componentId, sink: sinkId } = test.test;
  const source = sources.find(({ id }) => id === sourceId) ?? (sources.length === 1 ? sources[0] : undefined);
  if (componentId !== undefined) {
    const component = all.find(({ id }) => id === producerOf(componentId))!;
    return planOne(component, componentId, source, test, recording);
  }

  const parts = [inputSource(test, source, source!.id)];
  const present = downstream(all, source!.id);
  const sinks = present.filter(({ declaration }) => declaration.kind === 'sink');
  const sink = sinkId === undefined ? sinks[0] : sinks.find(({ id }) => id === sinkId);
  if (!sink) throw new InputError(unreached(all, source!.id, sinkId));
  const inputs = new Set(present.flatMap((component) => component.inputs));
  for (const component of present) {
    if (component.declaration.kind === 'transform') parts.push(recordedTransform(component, recording, inputs));
    else parts.push(recordedSink(component, component === sink ? recording : undefined));
  }
  parts.push(eventSink(test, sink.inputs, takenBy(sink), recording));
  return parts;
}

/** Says why a test of this source and sink shows nothing. */
function unreached(all: readonly ComponentConfig[], source: string, sink = ''): string {
  const isForLetters = all.find(({ id }) => id === sink)?.inputs.includes('dead_letters') ?? false;
  const advice = isForLetters ? '; it takes dead letters, and those are compared with expect.dead_letters' : '';
  return `no event of the source "${source}" reaches the sink "${sink}"${advice}`;
}

/** `name`: the component, or the one of its named outputs whose events are looked at. */
function planOne(
  component: ComponentConfig,
  name: string,
  source: ComponentConfig | undefined,
  test: TestConfig,
  recording: Recording,
): ComponentConfig[] {
  const input = inputSource(test, source, 'test.input');
  const alone = { ...component, inputs: [input.id] };
  if (component.declaration.kind === 'sink') {
    return [input, recordedSink(alone, recording), eventSink(test, [input.id], takenBy(component), recording)];
  }
  const all = namesToRead(component);
  const outputs = name === component.id ? all : [name];
  return [
    input,
    recordedTransform(alone, recording, new Set(all)),
    eventSink(test, outputs, takenBy(component), recording),
  ];
}

function namesToRead({ id, declaration, config }: ComponentConfig): readonly string[] {
  const outputs = declaration.kind === 'transform' ? declaration.outputs?.(config) : undefined;
  return outputs?.map((output) => `${id}.${output}`) ?? [id];
}

/** The signals whose events a test of this component expects. */
function takenBy({ declaration }: ComponentConfig): SinkDeclaration['input'] {
  if (declaration.kind === 'transform') return declaration.output;
  return declaration.kind === 'sink' ? declaration.input : 'logs';
}

/** Transforms and sinks that get events of the source, with the inputs they have then. */
function downstream(all: readonly ComponentConfig[], source: string): ComponentConfig[] {
  const reached = new Set([source]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    for (const { id, inputs } of all) if (inputs.some((input) => reached.has(producerOf(input)))) reached.add(id);
  }
  return all
    .filter(({ id }) => id !== source && reached.has(id))
    .map((component) => ({ ...component, inputs: component.inputs.filter((input) => reached.has(producerOf(input))) }));
}

function readLetters(file: string): Observed['deadLetters'] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const { component, code, message, event } = parseJson(line) as unknown as Observed['deadLetters'][number];
    return { component, code, message, event };
  });
}
