import { relative } from 'node:path';
import { ConfigError, defineTransform, object, type TransformDeclaration } from '@tailrace/core';
import { functionFault, ON_ERROR, runFunction, type ScriptFunction } from './run-function.ts';
import { thrownText } from './thrown.ts';

/** Makes a transform of a function that stands in a pipeline that is code: `script` without a module of its own. */
export function functionTransform(run: (...values: never[]) => unknown): TransformDeclaration {
  const declaration = defineTransform({
    type: 'function',
    summary: 'Call a function of the pipeline for each event: it returns the event, others, or null to drop it.',
    config: object({ on_error: ON_ERROR }),
    examples: [],
    create({ config, context }) {
      const fault = functionFault(run);
      if (fault) throw new ConfigError([], `run ${fault}`);
      const nameFile = (file: string): string | undefined =>
        file.includes('/node_modules/') ? undefined : relative(process.cwd(), file);
      const describe = (error: unknown): string => thrownText(error, nameFile);
      return runFunction({ run: run as unknown as ScriptFunction, onError: config.on_error, context, describe });
    },
  });
  return declaration as TransformDeclaration;
}
