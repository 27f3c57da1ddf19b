import type { Target } from './model.ts';

/** A panel that a target cannot show honestly, and that does not say so in its `except`: the files are not built. */
export class NotExpressible extends Error {
  override readonly name = 'NotExpressible';
  constructor(panel: string, target: Target, reason: string) {
    super(
      `panel "${panel}" cannot be shown in ${target}: ${reason}; change the panel, or say so in its \`except.${target}\``,
    );
  }
}
