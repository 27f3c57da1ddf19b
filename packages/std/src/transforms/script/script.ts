import { dirname, relative } from 'node:path';
import { ConfigError, defineTransform, nearestHint, object, string, type TransformContext } from '@tailrace/core';
import { functionFault, ON_ERROR, runFunction, type ScriptFunction } from './run-function.ts';
import { thrownText } from './thrown.ts';

/** Calls a function of a TypeScript or JavaScript module for each event. */
export const script = defineTransform({
  type: 'script',
  summary:
    'Call a function of a TypeScript or JavaScript module for each event: it returns the event, others, or null to drop it.',
  description: [
    'The function gets the event as an object and a context with `id`, `time` (nanoseconds, a bigint), `source`, `input` and `component`:',
    '`(event, context) => event | events[] | null`. It may change the object that it gets and return it, or return another one; members that it',
    'leaves as they are keep their bytes, numbers their digits; integers beyond 2^53 are `bigint`. A list of several events is a split: each',
    'gets an identity of its own, made of the identity of the event and its place in the list, so that a function that returns the same list',
    'for the same event keeps every event stored once. [Writing one](../../script.md) says more.',
    '',
    'The function is not async: events keep their order and nothing waits in the middle of a pipeline. It runs inside the process, with its',
    'rights: name only modules that you trust as the pipeline file. `tailrace validate` loads the module and says what is wrong with it; a',
    'reload loads it anew when it, or what it imports by relative paths, has changed.',
  ].join('\n'),
  config: object({
    module: string({
      required: true,
      minLength: 1,
      description: 'The path of the module (`.ts`, `.js`, `.mjs`, …), relative to the pipeline file.',
      examples: ['enrich.ts'],
    }),
    function: string({ default: 'default', minLength: 1, description: 'The name that the function is exported by.' }),
    on_error: ON_ERROR,
  }),
  examples: [
    {
      title: 'Change, drop and split events',
      config: { module: 'orders.ts' },
      files: {
        'orders.ts': [
          'interface Order { items?: { sku: string }[]; [key: string]: unknown }',
          '',
          'export default (event: Order) => {',
          "  if (event['path'] === '/healthz') return null;",
          "  if (!event.items) return { ...event, kind: 'other' };",
          '  const { items, ...order } = event;',
          '  return items.map((item) => ({ ...order, ...item }));',
          '};',
          '',
        ].join('\n'),
      },
      input: [{ path: '/healthz' }, { order: 7, items: [{ sku: 'a' }, { sku: 'b' }] }, { path: '/' }],
      output: [
        { order: 7, sku: 'a' },
        { order: 7, sku: 'b' },
        { path: '/', kind: 'other' },
      ],
    },
    {
      title: 'A function with a name; what it fails on stays as it was',
      config: { module: 'hosts.js', function: 'shorten', on_error: 'keep' },
      files: {
        'hosts.js': [
          'export function shorten(event) {',
          "  event.host = event.host.split('.')[0];",
          '  return event;',
          '}',
          '',
        ].join('\n'),
      },
      input: [{ host: 'web-1.example.org', port: 80 }, { port: 443 }],
      output: [{ host: 'web-1', port: 80 }, { port: 443 }],
    },
  ],
  async create({ config, context }) {
    const { run, files } = await loadFunction(config.module, config.function, context);
    const own = context.resolvePath(config.module);
    const nameFile = (file: string): string | undefined => {
      if (file === own) return config.module;
      return files.includes(file) ? relative(dirname(own), file) : undefined;
    };
    const describe = (error: unknown): string => thrownText(error, nameFile);
    return runFunction({ run, onError: config.on_error, context, describe });
  },
});

async function loadFunction(
  module: string,
  name: string,
  context: TransformContext,
): Promise<{ run: ScriptFunction; files: readonly string[] }> {
  const { exports, files } = await context.loadModule(module).catch((error: Error) => {
    throw new ConfigError(['module'], error.message);
  });
  const run = exports[name];
  if (run === undefined) {
    const others = Object.keys(exports).toSorted();
    const found =
      others.length === 0 ? 'it exports nothing' : `it exports ${others.join(', ')}${nearestHint(name, others)}`;
    throw new ConfigError(['function'], `${module} has no export "${name}": ${found}`);
  }
  const fault = functionFault(run);
  if (fault) throw new ConfigError(['function'], `the export "${name}" of ${module} ${fault}`);
  return { run: run as ScriptFunction, files };
}
