import { readFileSync } from 'node:fs';
import { type FieldFile, fieldFileFrom } from './field-file.ts';
import { ConfigError, type PluginContext } from './plugin.ts';

/**
 * The field file that an option names, for plugins that need its declarations alone; `parse` reads its YAML. Throws a {@link ConfigError}
 * at the option when it cannot be read or has mistakes.
 */
export function readFieldFile(
  file: string,
  at: readonly (string | number)[],
  context: Pick<PluginContext, 'resolvePath'>,
  parse: (text: string) => unknown,
): FieldFile {
  let content: unknown;
  try {
    content = parse(readFileSync(context.resolvePath(file), 'utf8'));
  } catch (error) {
    throw new ConfigError(at, `cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
  const { fields, problems } = fieldFileFrom(content);
  if (problems.length > 0) {
    const list = problems.map((problem) => `${problem.at.join('.')} ${problem.message}`);
    throw new ConfigError(at, `${file} has mistakes: ${list.join('; ')}`);
  }
  return { fields };
}
