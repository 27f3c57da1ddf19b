/** Longest name of a metric, and longest tag, in characters. */
const LONGEST = 200;

/**
 * A metric's name as Datadog takes it: letters, digits, underscores and dots, the first one a letter
 * (docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics); what the sink `datadog_metrics` makes of the same name.
 */
export function legalName(name: string): string {
  return name
    .replace(/^[^a-zA-Z]+/, '')
    .replace(/[^a-zA-Z0-9_.]/g, '_')
    .slice(0, LONGEST);
}

/**
 * A label, or a label with its value, as Datadog keeps it in a tag: lower case, beginning with a letter, `_` for what is no letter, digit
 * or one of `_-:./` (docs.datadoghq.com/getting_started/tagging/#define-tags); what the sinks for Datadog make of the same tag.
 */
export function legalTag(tag: string): string {
  const legal = tag
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_\-:./]+/gu, '_')
    .replace(/_+/g, '_')
    .replace(/^[^\p{L}]+/u, '');
  return [...legal]
    .slice(0, LONGEST)
    .join('')
    .replace(/[_:]+$/, '');
}
