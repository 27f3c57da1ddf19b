import { type Signal, signalsOf } from '@tailrace/core';
import { type ComponentConfig, takesLetters } from '@tailrace/runner';

const SHAPES = { source: ['([', '])'], transform: ['[', ']'], sink: ['[(', ')]'] } as const;
const DEAD_LETTERS = 'dead_letters';

/**
 * A flowchart of the components by the syntax of Mermaid: an arrow for each input, named by the output it leaves by and, where not all that
 * is given is taken, by the signals that flow there.
 */
export function mermaidOf(components: readonly ComponentConfig[]): string {
  // Mermaid has words of its own ("end"), so nodes have numbers and ids are labels.
  const nodes = new Map(components.map((component, i) => [component.id, { component, name: `n${i}` }]));
  const lines = [...nodes.values()].map(({ component, name }) => {
    const [open, close] = SHAPES[component.declaration.kind];
    return `${name}${open}"${escaped(component.id)}<br/><small>${escaped(component.declaration.type)}</small>"${close}`;
  });
  if (components.some(takesLetters)) lines.push(`letters{{"dead letters"}}`);
  for (const { component, name } of nodes.values()) {
    for (const input of component.inputs) {
      const dot = input.indexOf('.');
      const from = nodes.get(dot < 0 ? input : input.slice(0, dot));
      if (!from) {
        if (input === DEAD_LETTERS) lines.push(`letters --> ${name}`);
        continue;
      }
      const labels = [...(dot < 0 ? [] : [input.slice(dot + 1)]), ...signalLabel(from.component, component)];
      lines.push(`${from.name} ${labels.length > 0 ? `-- "${escaped(labels.join(': '))}" ` : ''}--> ${name}`);
    }
  }
  return `flowchart LR\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** The signals of an edge where they are not simply logs. */
function signalLabel(from: ComponentConfig, to: ComponentConfig): string[] {
  if (from.declaration.kind === 'sink' || to.declaration.kind === 'source') return [];
  const taken: readonly Signal[] = signalsOf(to.declaration.input);
  const flowing = signalsOf(from.declaration.output).filter((signal) => taken.includes(signal));
  return flowing.length === 1 && flowing[0] === 'logs' ? [] : [flowing.join(', ')];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
